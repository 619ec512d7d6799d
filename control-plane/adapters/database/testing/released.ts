/** Databases of released versions (testing/fixtures), and what their records are today. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import type { Repository } from '../../../app/ports/store.ts';
import type { DatabaseStore } from '../store.ts';
import { FIXTURES } from './unpack.ts';

type Plain = Readonly<Record<string, unknown>>;
export type ReleasedRecords = Readonly<Record<string, readonly Plain[]>>;

/** Versions of which there is a database, oldest first. */
export async function releasedVersions(): Promise<string[]> {
  return (await readdir(FIXTURES))
    .flatMap((file) => /^(.+)\.db\.gz$/.exec(file)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

export async function releasedRecords(version: string): Promise<ReleasedRecords> {
  return JSON.parse(gunzipSync(await readFile(join(FIXTURES, `${version}.json.gz`))).toString()) as ReleasedRecords;
}

/** Fields that are called otherwise today; every other field of a record has to come back as it went in. */
const RENAMED: Readonly<Record<string, (record: Plain) => Plain>> = {
  tenants: ({ quotaInstances, ...record }) => ({
    ...record,
    ...(quotaInstances === undefined ? {} : { quota: expect.objectContaining({ instances: quotaInstances }) }),
  }),
};

/** Every record of a release is in the store, with every field. */
export async function expectAll(store: DatabaseStore, written: ReleasedRecords): Promise<void> {
  for (const [noun, records] of Object.entries(written)) {
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      const today = (await find(store, noun, record)) as Plain | undefined;
      if (today === undefined) throw new Error(`${noun}: ${JSON.stringify(record.uid)} is gone`);
      for (const [field, value] of Object.entries((RENAMED[noun] ?? same)(record))) {
        expect({ noun, field, value: today[field] }).toEqual({ noun, field, value });
      }
    }
  }
}

function same(record: Plain): Plain {
  return record;
}

async function find(store: DatabaseStore, noun: string, { uid, sequence }: Plain): Promise<unknown> {
  if (noun === 'events') return (await store.events.after(Number(sequence) - 1, {}, 1))[0];
  return await (store[noun as 'settings'] as unknown as Repository<{ uid: string }>).get(String(uid));
}
