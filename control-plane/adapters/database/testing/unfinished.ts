/** A process that begins a transaction on the place in its argument (JSON), writes in it, says so, and never ends it. */
import { openStore } from '../store.ts';
import { event, instance } from './records.ts';

const store = await openStore(JSON.parse(process.argv[2] ?? '') as Parameters<typeof openStore>[0]);
// Keeps the process alive.
process.stdin.resume();
await store.transaction(async (repositories) => {
  await repositories.instances.save(instance({ uid: 'unfinished' }));
  await repositories.events.append([event()]);
  process.stdout.write('inside\n');
  await new Promise(() => undefined);
});
