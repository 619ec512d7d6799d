import { expect, test } from '@jest/globals';
import { pathText } from '../../components/json-difference.ts';
import { changesOf } from './manifest-changes.ts';

const manifest = (...components: object[]) => ({ metadata: { name: 'shop' }, spec: { components } });

test('what changes of a component is told with its alias', () => {
  const before = manifest({ alias: 'docs' }, { alias: 'web', environment: { A: '1' } });
  const after = manifest(
    { alias: 'web', environment: { A: '2' } },
    { alias: 'docs' },
    { alias: 'api', cartridge: 'php' },
  );
  expect(changesOf(before, after).map(({ path, ...values }) => [pathText(path), values])).toEqual([
    ['web.environment.A', { before: '1', after: '2' }],
    ['api', { before: undefined, after: { alias: 'api', cartridge: 'php' } }],
  ]);
});

test('of what is new nothing changes', () => {
  expect(changesOf(null, manifest({ alias: 'web' }))).toEqual([]);
});
