import { describe, expect, test } from '@jest/globals';
import { parseManifests } from './parse.ts';

function parsed(logs: unknown) {
  const component = { kind: 'cartridge', alias: 'web', cartridge: 'nodejs', logs };
  const manifest = {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: { components: [component] },
  };
  const result = parseManifests(JSON.stringify(manifest), 'shop.json');
  return result.ok ? 'ok' : result.errors.map(({ message }) => message).join('; ');
}

describe('declared log files', () => {
  test.each([
    [{ name: 'access', path: 'logs/access.log' }],
    [{ name: 'access', path: 'access', in: 'home' }],
    [{ name: 'a', path: '..a/b..c/.hidden' }],
  ])('%j is one', (log) => {
    expect(parsed([log])).toBe('ok');
  });

  test.each([
    [{ name: 'a', path: '/var/log/a' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: '../token' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: 'logs/../../token' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: 'logs/..' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: './a' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: 'logs/' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: 'a\0b' }, 'without . and .. and not absolute'],
    [{ name: 'a', path: '' }, 'without . and .. and not absolute'],
    [{ name: 'stdout', path: 'a' }, 'expected another name than stdout, stderr, agent, platform and hook-…'],
    [{ name: 'hook-start', path: 'a' }, 'expected another name than'],
    [{ name: 'A/B', path: 'a' }, 'lower-case letters'],
    [{ name: 'a', path: 'a', in: 'instance' }, 'application'],
    [{ name: 'a', path: 'a', follow: true }, 'follow'],
  ])('%j is none', (log, message) => {
    expect(parsed([log])).toContain(message);
  });

  test('two cannot have one name', () => {
    const logs = ['a', 'b'].map((path) => ({ name: 'same', path }));
    expect(parsed(logs)).toContain('the log "same" is already taken by item 0');
  });
});
