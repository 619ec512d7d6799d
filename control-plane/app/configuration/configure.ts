/** Variables that people set over the manifest. */
import { LONGEST_VALUE } from '../../../schema/manifests/variable.ts';
import { RequestError } from '../errors.ts';
import type { ConfigurationRecord } from '../records/configuration.ts';
import { currentSecrets } from './asked.ts';
import { checkName, checkOnce, checkText } from './checks.ts';
import type { Changes } from './changes.ts';
import type { ConfigurationMutations } from './use-cases.ts';

/** Of one application or service cluster. */
const MOST_VARIABLES = 200;
/** Names and values together: with as much again of secrets, well below what Linux takes as an environment. */
const MOST_CHARACTERS = 256 * 1024;

export function configuring(changes: Changes): Pick<ConfigurationMutations, 'configure'> {
  const { store, events, now } = changes.options;
  return {
    async configure(principal, ref) {
      for (const { name, value } of ref.set) {
        checkName(name, 'set');
        checkText(`the value of ${name}`, value, LONGEST_VALUE, 'set');
      }
      checkOnce([...ref.set.map(({ name }) => name), ...ref.unset], 'set');
      return changes.make(principal, ref, async (owner) => {
        const secrets = new Set<string>();
        for (const uid of [owner.uid, ...owner.below])
          for (const { name } of await currentSecrets(store, uid)) secrets.add(name);
        const hidden = ref.set.find(({ name }) => secrets.has(name));
        if (hidden !== undefined)
          throw new RequestError(
            'CONFLICT',
            `${hidden.name} is a secret of ${owner.name}, which would hide the variable; unset the secret first, or choose another name`,
            { field: 'set' },
          );
        const present = await store.configurations.get(owner.uid);
        const next = new Map(Object.entries(present?.variables ?? {}));
        const changed = [
          ...ref.set.filter(({ name, value }) => next.get(name) !== value).map(({ name }) => name),
          ...ref.unset.filter((name) => next.has(name)),
        ];
        if (changed.length === 0) return [];
        for (const { name, value } of ref.set) next.set(name, value);
        for (const name of ref.unset) next.delete(name);
        checkSize(owner.name, next);
        const record: ConfigurationRecord = {
          uid: owner.uid,
          tenant: owner.tenant,
          generation: (present?.generation ?? 0) + 1,
          updatedAt: now(),
          updatedBy: principal.name,
          variables: Object.fromEntries(next),
        };
        await store.configurations.save(record);
        const of = (names: readonly string[]) => names.filter((name) => changed.includes(name));
        events.record({
          tenant: owner.tenant,
          subject: owner.subject,
          type: 'configuration.changed',
          cause: principal.token,
          // Names only: who sets a password as a variable by mistake shall not find it in the log of events.
          data: { by: principal.name, set: of(ref.set.map(({ name }) => name)), unset: of(ref.unset) },
        });
        return changed;
      });
    },
  };
}

function checkSize(owner: string, variables: ReadonlyMap<string, string>): void {
  const characters = [...variables].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (variables.size <= MOST_VARIABLES && characters <= MOST_CHARACTERS) return;
  throw new RequestError(
    'INVALID',
    `${owner} would have ${variables.size} variables with ${characters} characters together; at most ${MOST_VARIABLES} with ${MOST_CHARACTERS} are possible: put large texts into the source`,
    { field: 'set' },
  );
}
