import type { ResultOf } from '../client/document.ts';
import { ListCartridges } from '../generated/operations.ts';
import { NOTHING, brief, word } from '../output/text.ts';
import { noun } from './noun.ts';

type Cartridge = ResultOf<typeof ListCartridges>['cartridges'][number];

export const cartridges = noun<Cartridge>({
  plural: 'cartridges',
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
  ],
  async list(session) {
    return (await session.client.query(ListCartridges, {})).cartridges;
  },
  async find(session, name) {
    const { cartridges: found } = await session.client.query(ListCartridges, {});
    return found.find((cartridge) => cartridge.name === name);
  },
});
