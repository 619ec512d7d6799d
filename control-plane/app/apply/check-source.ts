/** Whether a source that a manifest names may be read at all: said as it is applied, and not only by the first look at it. */
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import { openCredential } from '../credentials/credentials.ts';
import { RequestError, SecretError, SourceError } from '../errors.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { ApplicationRecord } from '../records.ts';

export interface SourceChecks {
  readonly store: Store;
  readonly vault: Pick<Vault, 'open'>;
  readonly fetcher: Pick<SourceFetcher, 'check'>;
}

/**
 * Throws `RequestError` with the field at fault. A source that is the same as before is not looked at again: an application that
 * an operator made can be changed by others.
 */
export async function checkSource(
  { store, vault, fetcher }: SourceChecks,
  { alias, source }: CartridgeComponent,
  present: ApplicationRecord | undefined,
  { tenant, at, mayUseFolders }: { readonly tenant: string; readonly at: string; readonly mayUseFolders: boolean },
): Promise<void> {
  if (source === undefined) return;
  const { url, credentials } = source.git;
  const before = gitOf(present, alias);
  if (before?.url === url && before.credentials === credentials) return;
  const field = `${at}.source.git`;
  if (!mayUseFolders && /^(file:|\/)/i.test(url))
    throw new RequestError(
      'INVALID',
      `${field}.url: folders of the platform's machine are for operators; use https:// or ssh://`,
      { field: `${field}.url` },
    );
  try {
    const credential = credentials === undefined ? undefined : await openCredential(store, vault, tenant, credentials);
    await fetcher.check({ tenant, url, ...(credential === undefined ? {} : { credential }) });
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof SecretError)) throw error;
    throw new RequestError(error.code, `${field}: ${error.message}`, { cause: error, field });
  }
}

function gitOf(present: ApplicationRecord | undefined, alias: string) {
  const components = present?.manifest.spec.components ?? [];
  const before = components.find((component) => component.kind === 'cartridge' && component.alias === alias);
  return before?.kind === 'cartridge' ? before.source?.git : undefined;
}
