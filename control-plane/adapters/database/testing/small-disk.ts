/**
 * What happens to a database on a disk that becomes full, told line by line (JSON) to the test that runs this with
 * `onSmallDisk`. Its argument is a folder on a file system of a few mebibytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../store.ts';
import { instance } from './records.ts';
import { unpackFixture } from './unpack.ts';

const [task, directory = ''] = process.argv.slice(2);
const file = join(directory, 'cartwright.db');
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  );

async function migrate(): Promise<void> {
  const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  await unpackFixture('0.1.0', 'db', file);
  const before = digest();
  const error: unknown = await openStore({ file }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { code, message } = error as { code: string; message: string };
  say({ code, message, isSame: before === digest(), files: readdirSync(directory) });
}

async function fill(): Promise<void> {
  const store = await openStore({ file });
  await store.instances.save(instance({ uid: 'before' }));
  const filler = join(directory, 'filler');
  let bytes = 0;
  try {
    for (; ; bytes += 4096) writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' });
  } catch (error) {
    say({ filled: bytes > 0, by: (error as { code: string }).code });
  }
  const large = { uid: 'large', value: 'x'.repeat(500_000) };
  say({
    write: await outcome(store.settings.save(large)),
    transaction: await outcome(
      store.transaction(async ({ instances, settings }) => {
        await instances.save(instance({ uid: 'half' }));
        await settings.save(large);
      }),
    ),
    read: (await store.instances.find({})).map(({ uid }) => uid),
  });
  rmSync(filler);
  say({ write: await outcome(store.settings.save(large)), close: await outcome(store.close()) });
  const again = await openStore({ file });
  say({ rows: (await again.instances.find({})).map(({ uid }) => uid), large: (await again.settings.find({})).length });
  await again.close();
}

await (task === 'migrate' ? migrate() : fill());
