import { describe, expect, test } from '@jest/globals';
import { mountPathIn, volumeVariable } from './volume.ts';
import { parseManifests } from './parse.ts';

function parsed(volumes: unknown, runtimes: readonly string[] = ['container']) {
  const manifest = {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Cartridge',
    metadata: { name: 'store' },
    spec: { version: '1', category: 'data', runtimes, volumes },
  };
  const result = parseManifests(JSON.stringify(manifest), 'cartridge.json');
  return result.ok ? 'ok' : result.errors.map(({ message }) => message).join('; ');
}

const data = { name: 'data', mountPath: 'data', sizeBytes: '1Gi' };

describe('declared volumes', () => {
  test.each([
    [data],
    [{ ...data, mountPath: 'a/b..c/.hidden' }],
    [{ ...data, mountPath: '/var/lib/store', storageClass: 'fast.ssd-2' }],
    [{ ...data, sizeBytes: 1024 }],
  ])('%j is one', (volume) => {
    expect(parsed([volume])).toBe('ok');
  });

  test.each([
    [{ ...data, mountPath: '../data' }, 'expected a path such as data'],
    [{ ...data, mountPath: 'a/../../b' }, 'expected a path such as data'],
    [{ ...data, mountPath: '/' }, 'expected a path such as data'],
    [{ ...data, mountPath: 'data/' }, 'expected a path such as data'],
    [{ ...data, mountPath: 'a//b' }, 'expected a path such as data'],
    [{ ...data, mountPath: '' }, 'expected a path such as data'],
    [{ ...data, mountPath: 'a:b' }, 'expected a path such as data'],
    [{ ...data, mountPath: '/tmp/data' }, 'expected a path outside of /cartwright'],
    [{ ...data, mountPath: '/cartwright' }, 'expected a path outside of /cartwright'],
    [{ ...data, sizeBytes: '1Ti' }, 'expected bytes such as'],
    [{ ...data, sizeBytes: 0 }, 'expected more than 0'],
    [{ ...data, storageClass: 'Fast' }, 'expected the name of a storage class'],
    [{ ...data, name: 'Data' }, 'lower-case letters'],
    [{ ...data, size: 1 }, 'size'],
    [{ name: 'data', mountPath: 'data' }, 'expected bytes such as 128Mi'],
  ])('%j is none', (volume, message) => {
    expect(parsed([volume])).toContain(message);
  });

  test('have names and paths of their own', () => {
    expect(parsed([data, { ...data, mountPath: 'other' }])).toContain('the volume "data" is already taken by item 0');
    expect(parsed([data, { ...data, name: 'more', mountPath: 'data/more' }])).toBe(
      '"data/more" and "data" of the volume "data" lie in one another; expected another path',
    );
    expect(
      parsed([
        { ...data, mountPath: 'database' },
        { ...data, name: 'more' },
      ]),
    ).toBe('ok');
  });

  test('are relative where a cartridge runs as a process, too', () => {
    const volume = { ...data, mountPath: '/var/lib/store' };
    expect(parsed([volume], ['process', 'container'])).toBe(
      'expected a relative path, found "/var/lib/store": the cartridge runs as a process, too, which has no file system of its own',
    );
    expect(parsed([data], ['process', 'container'])).toBe('ok');
  });
});

test('an application is told of a volume by a variable, and has it below its instance’s folder or where the manifest says', () => {
  expect(volumeVariable('write-ahead')).toBe('CARTWRIGHT_VOLUME_WRITE_AHEAD');
  expect(mountPathIn('/cartwright/data', { mountPath: 'data' })).toBe('/cartwright/data/volumes/data');
  expect(mountPathIn('/cartwright/data', { mountPath: '/var/lib/store' })).toBe('/var/lib/store');
});
