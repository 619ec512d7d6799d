/** A process that writes to the data folder named by its argument for as long as it lives, and says what is committed. */
import { openStore } from '../store.ts';
import { event, instance } from './records.ts';

const store = await openStore({ directory: process.argv[2] ?? '' });
for (let number = 1; ; number += 1) {
  const uid = `i-${String(number).padStart(6, '0')}`;
  await store.transaction(async (repositories) => {
    await repositories.instances.save(instance({ uid }));
    await repositories.events.append([event({ subject: { kind: 'Instance', uid, name: uid } })]);
  });
  await store.settings.save({ uid: 'last', value: number });
  process.stdout.write(`${number}\n`);
}
