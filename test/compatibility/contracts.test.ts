/** What was published stays true: clients and manifests of every kept release go on working. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, findBreakingChanges } from 'graphql';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifests } from '../../schema/manifests/parse.ts';
import { keptReleases, PRESENT, unpackRelease } from '../support/program.ts';

const SDL = 'schema/graphql/schema.graphql';

describe.each(await keptReleases())('release %s', (version) => {
  let folder: string;
  let former: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartwright-contract-'));
    former = await unpackRelease(version, join(folder, 'package'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('asks nothing of the API that it does not answer any more', async () => {
    const [before, now] = await Promise.all(
      [former, PRESENT].map(async (root) => buildSchema(await readFile(join(root, SDL), 'utf8'))),
    );
    expect(findBreakingChanges(before!, now!)).toEqual([]);
  });

  test('has no manifest that is refused now', async () => {
    const files: string[] = [];
    for await (const file of glob('cartridges/*/*.yaml', { cwd: former })) files.push(file);
    const examples = exampleManifests(await readFile(join(former, 'docs/manifests.md'), 'utf8'));
    const texts = [
      ...(await Promise.all(files.map(async (file) => [file, await readFile(join(former, file), 'utf8')] as const))),
      ...examples.map((text, index) => [`docs/manifests.md example ${index + 1}`, text] as const),
    ];
    expect(texts.length).toBeGreaterThan(4);
    for (const [name, text] of texts) {
      const parsed = parseManifests(text, name);
      expect(parsed.ok ? [] : parsed.errors).toEqual([]);
    }
  });
});

/** The whole documents among a page's examples. */
function exampleManifests(page: string): string[] {
  return [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, text]) => text!)
    .filter((text) => text.startsWith('apiVersion:'));
}
