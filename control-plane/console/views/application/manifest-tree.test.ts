import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readComponents } from './manifest-tree.ts';

const manifest = (spec: object): object => ({ apiVersion: 'cartwright.dev/v1', kind: 'Application', spec });
const cartridge = (alias: string, more: object = {}): object => ({
  kind: 'cartridge',
  alias,
  cartridge: 'nodejs',
  ...more,
});

describe('the components of a manifest', () => {
  test('are in its order, with those that have routes', () => {
    const routes = [{ path: '/api' }];
    expect(
      readComponents(manifest({ components: [cartridge('web'), cartridge('api', { routes })] })).map(
        ({ alias, hasRoutes }) => [alias, hasRoutes],
      ),
    ).toEqual([
      ['web', false],
      ['api', true],
    ]);
  });

  test('know the groups that they are in', () => {
    const inner = { kind: 'group', alias: 'inner', components: [cartridge('db')] };
    const outer = { kind: 'group', alias: 'outer', components: [cartridge('cache'), inner] };
    expect(
      readComponents(manifest({ components: [outer, cartridge('web')] })).map(({ alias, groups }) => [alias, groups]),
    ).toEqual([
      ['cache', ['outer']],
      ['db', ['outer', 'inner']],
      ['web', []],
    ]);
  });

  test('start after all that is in a group that comes before them', () => {
    const data = { kind: 'group', alias: 'data', components: [cartridge('db'), cartridge('cache')] };
    const found = readComponents(manifest({ components: [data, cartridge('web')], startupOrder: [['data', 'web']] }));
    expect(found.map(({ alias, startsAfter }) => [alias, startsAfter])).toEqual([
      ['db', []],
      ['cache', []],
      ['web', ['db', 'cache']],
    ]);
  });

  test('are found by name in a group as well', () => {
    const data = { kind: 'group', alias: 'data', components: [cartridge('db')] };
    const found = readComponents(manifest({ components: [data, cartridge('web')], startupOrder: [['db', 'web']] }));
    expect(found.map(({ startsAfter }) => startsAfter)).toEqual([[], ['db']]);
  });

  test('follow one another in a single list, and scale with the first of theirs', () => {
    const components = ['a', 'b', 'c'].map((alias) => cartridge(alias));
    const found = readComponents(
      manifest({ components, startupOrder: ['a', 'b', 'c'], scalingDependents: [['a', 'c']] }),
    );
    expect(found.map(({ startsAfter, scalesWith }) => [startsAfter, scalesWith])).toEqual([
      [[], []],
      [['a'], []],
      [['b'], ['a']],
    ]);
  });

  test('whatever the manifest is, have each alias once', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (components, startupOrder) => {
        const found = readComponents(manifest({ components, startupOrder, scalingDependents: startupOrder }));
        expect(new Set(found.map(({ alias }) => alias)).size).toBe(found.length);
      }),
    );
    expect(readComponents(null)).toEqual([]);
  });
});
