import { describe, expect, test } from '@jest/globals';
import { cartridgeSpec } from '../../schema/manifests/cartridge.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import type { PreparedRelease } from '../artifacts/releases.ts';
import { launchOf } from './launch.ts';

function launch(
  spec: Record<string, unknown>,
  configuration: { start?: string[]; cartridge?: unknown } = {},
  versions?: string,
) {
  const document = {
    ...{ tenant: 'acme', application: 'shop', alias: 'web', instance: 'i1', listenHost: '127.0.0.1', ports: [] },
    cartridge: {
      name: 'php',
      directory: '/cartridges/php',
      versions,
      spec: cartridgeSpec.parse({
        version: '1',
        category: 'framework',
        runtimes: ['process'],
        hooks: { start: 'hooks/start' },
        ...spec,
      }),
    },
  } as unknown as InstanceDocument;
  const prepared = {
    release: 'r1',
    tree: '/tree',
    secrets: [],
    configuration: { v: 1, release: 'r1', environment: {}, ...configuration },
  } as unknown as PreparedRelease;
  return launchOf(prepared, {
    ...{ document, home: '/home', metadata: '/metadata', path: '/bin', socket: undefined },
  });
}

describe('a start', () => {
  test('is ended by SIGTERM, or by what the cartridge says of its hook, which is nothing to another command', () => {
    expect(launch({}).stopSignal).toBe('SIGTERM');
    expect(launch({ stopSignal: 'SIGWINCH' })).toMatchObject({
      command: ['/cartridges/php/hooks/start'],
      stopSignal: 'SIGWINCH',
    });
    expect(launch({ stopSignal: 'SIGWINCH' }, { start: ['php', 'serve.php'] }).stopSignal).toBe('SIGTERM');
  });

  test('takes hooks, environment, checks and signal of the version that the release was made with', () => {
    const digest = `sha256-${'0a'.repeat(32)}`;
    const fixed = { name: 'php', version: '0.9', digest, spec: { hooks: { start: 'run' }, environment: { OLD: '1' } } };
    const now = { environment: { NEW: '1' }, stopSignal: 'SIGWINCH', concurrency: 4 };
    const { command, environment, stopSignal, cartridge } = launch(now, { cartridge: fixed }, '/kept/php');
    expect(command).toEqual([`/kept/php/${digest}/run`]);
    expect(cartridge.directory).toBe(`/kept/php/${digest}`);
    expect(environment).toMatchObject({ OLD: '1', CARTWRIGHT_CONCURRENCY: '4' });
    expect(environment).not.toHaveProperty('NEW');
    expect(stopSignal).toBe('SIGTERM');
    // An instance that was begun before there were versions has only its own.
    expect(launch(now, { cartridge: fixed }).command).toEqual(['/cartridges/php/hooks/start']);
  });

  test('is told the concurrency where one is declared', () => {
    expect(launch({ concurrency: 4 }).environment).toMatchObject({ CARTWRIGHT_CONCURRENCY: '4' });
    expect(launch({}).environment).not.toHaveProperty('CARTWRIGHT_CONCURRENCY');
  });
});
