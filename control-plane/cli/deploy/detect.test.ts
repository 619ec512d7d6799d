import { expect, test } from '@jest/globals';
import { detectCartridge, servesHttp } from './detect.ts';

const cartridge = (name: string, files?: string[], priority?: number) => ({
  name,
  manifest: {
    spec: { ...(files === undefined ? {} : { detect: { files, ...(priority === undefined ? {} : { priority }) } }) },
  },
});
const CARTRIDGES = [
  cartridge('lb'),
  cartridge('static', ['index.html', 'public/index.html'], 0),
  cartridge('nodejs', ['package.json'], 10),
];

test('one of its files is enough for a cartridge', () => {
  expect(detectCartridge(['public/index.html', 'readme'], CARTRIDGES)).toBe('static');
});

test('the highest priority wins', () => {
  expect(detectCartridge(['index.html', 'package.json'], CARTRIDGES)).toBe('nodejs');
});

test('a file of that name elsewhere does not count', () => {
  expect(() => detectCartridge(['vendor/package.json'], CARTRIDGES)).toThrow(
    'no cartridge fits the files of this folder (static by index.html or public/index.html; nodejs by package.json): add --cartridge NAME',
  );
});

test('two of the same priority have to be told apart', () => {
  const both = [...CARTRIDGES, cartridge('deno', ['deno.json'], 10)];
  expect(() => detectCartridge(['package.json', 'deno.json'], both)).toThrow(
    'add --cartridge nodejs or --cartridge deno',
  );
});

test('manifests of a shape that is not known are passed over', () => {
  expect(
    detectCartridge(
      ['package.json'],
      [{ name: 'odd', manifest: null }, { name: 'older', manifest: { spec: 1 } }, ...CARTRIDGES],
    ),
  ).toBe('nodejs');
});

test('a cartridge serves HTTP when one of its ports does', () => {
  expect(servesHttp({ name: 'web', manifest: { spec: { ports: [{ protocol: 'tcp' }, { protocol: 'http' }] } } })).toBe(
    true,
  );
  expect(servesHttp({ name: 'db', manifest: { spec: { ports: [{ protocol: 'tcp' }] } } })).toBe(false);
  expect(servesHttp({ name: 'none', manifest: {} })).toBe(false);
});
