import type { ResultOf } from '../client/document.ts';
import type { Session } from '../client/session.ts';
import { ListCartridges } from '../generated/operations.ts';
import { NOTHING, brief, word } from '../output/text.ts';
import { labelsColumn, labelsOf, type Labels } from './labels.ts';
import { noun } from './noun.ts';

type Cartridge = ResultOf<typeof ListCartridges>['cartridges'][number] & { readonly labels: Labels };

async function list({ client }: Session): Promise<readonly Cartridge[]> {
  const { cartridges: found } = await client.query(ListCartridges, {});
  return found.map((cartridge) => ({ ...cartridge, labels: labelsOf(cartridge.manifest) }));
}

export const cartridges = noun<Cartridge>({
  plural: 'cartridges',
  reference: ({ name }) => `cartridge/${name}`,
  labels: ({ labels }) => labels,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'VERSION', value: ({ version }) => version },
    { title: 'CATEGORY', value: ({ category }) => word(category) },
    { title: 'RUNTIMES', value: ({ runtimes }) => runtimes.map(word).join(', ') },
    { title: 'USABLE', value: ({ unusable }) => (unusable === null ? 'yes' : 'no') },
    {
      title: 'DESCRIPTION',
      value: ({ description, unusable }) => (unusable === null ? brief(description ?? NOTHING) : brief(unusable, 500)),
    },
    { title: 'GENERATION', value: ({ generation }) => String(generation), isWide: true },
    labelsColumn,
    { title: 'UID', value: ({ uid }) => uid, isWide: true },
  ],
  list,
  find: async (session, name) => (await list(session)).find((cartridge) => cartridge.name === name),
});
