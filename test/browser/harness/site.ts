/** What the pages show in tests: a real control plane with an application that runs. */
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { Platform } from '../../support/platform.ts';
import { Repository, WORKING } from '../../support/repository.ts';
import { shopFrom } from '../../support/shop.ts';

export interface Site extends AsyncDisposable {
  readonly platform: Platform;
  readonly repository: Repository;
  /** Where the application answers. */
  readonly url: string;
}

/**
 * The application "shop" with the service cluster "web" of one instance and more, from a Git repository, serving.
 *
 * @param program of Node.js, that it runs
 */
export async function startSite(
  settings: Readonly<Record<string, string>> = {},
  program: string = WORKING('one'),
): Promise<Site> {
  const platform = await Platform.start(settings);
  try {
    const repository = await Repository.create(join(platform.repositories, 'shop'), program);
    await platform.apply(shopFrom(repository.url));
    const url = await eventually('the application serves', () => servingUrl(platform), 90_000);
    return {
      platform,
      repository,
      url,
      async [Symbol.asyncDispose]() {
        await platform[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await platform[Symbol.asyncDispose]();
    throw error;
  }
}

async function servingUrl(platform: Platform): Promise<string | undefined> {
  const { application } = await platform.ask<{ application: { url: string | null } | null }>(
    '{ application(name: "shop") { url } }',
  );
  const url = application?.url;
  if (url === undefined || url === null) return undefined;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  await response.arrayBuffer();
  return response.ok ? url : undefined;
}
