import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN } from '../testing/broker.ts';
import { Platform } from '../testing/platform.ts';
import { ConfigurationError } from './errors.ts';
import { loadConfiguration, readCommandLine, readToken } from './instance.ts';
import { readSettings } from './settings.ts';

describe('the configuration', () => {
  let platform: Platform;
  let path: string;

  beforeEach(() => {
    platform = new Platform();
    platform.httpPort = 8080;
    platform.broker.port = 1883;
    platform.endpoints.port = 8081;
    return platform.start().then(() => (path = platform.writeInstance()));
  });
  afterEach(() => platform.stop());

  const change = (edit: (document: Record<string, unknown>) => void) => {
    const document = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    edit(document);
    writeFileSync(path, JSON.stringify(document));
  };
  const load = (environment: Record<string, string> = {}) => loadConfiguration(path, readSettings(environment));

  test('is named by an option, else by the environment, else by nothing and says how', () => {
    expect(readCommandLine(['--config', '/a/instance.json'], { CARTWRIGHT_AGENT_CONFIG: '/b' })).toEqual({
      path: '/a/instance.json',
      asksIdentity: false,
      kind: 'instance',
    });
    expect(readCommandLine(['--identity'], { CARTWRIGHT_AGENT_CONFIG: '/b' })).toEqual({
      path: '/b',
      asksIdentity: true,
      kind: 'instance',
    });
    expect(readCommandLine(['--artifact-server'], {})).toEqual({ kind: 'artifact-server' });
    expect(() => readCommandLine([], {})).toThrow(/Usage: node agent.mjs --config/);
    expect(() => readCommandLine(['--colour'], {})).toThrow(ConfigurationError);
  });

  test('lies in the directory that everything else is written to', () => {
    expect(load()).toMatchObject({ directory: platform.directory, document: { alias: 'web' } });
  });

  test('can be overridden by the environment', () => {
    const { document, settings } = load({
      CARTWRIGHT_AGENT_BROKERS: 'mqtts://a:1, mqtt://b',
      CARTWRIGHT_AGENT_CONTROL_PLANE: 'https://c',
      CARTWRIGHT_AGENT_LOG_LINES_PER_SECOND: '50',
      CARTWRIGHT_AGENT_INVENTORY: 'off',
    });
    expect(document).toMatchObject({ brokers: ['mqtts://a:1', 'mqtt://b'], controlPlane: 'https://c' });
    expect(settings).toMatchObject({ logLinesPerSecond: 50, inventory: false, switchNoticeSeconds: 0.5 });
  });

  test.each([
    ['CARTWRIGHT_AGENT_LOG_FILE_BYTES', 'many', /LOG_FILE_BYTES is "many"; expected a number from 4096 to/],
    ['CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS', '-1', /expected a number from 0 to 300/],
    ['CARTWRIGHT_AGENT_BROKERS', 'http://x', /expected a URL that begins with mqtt:\/\/ or mqtts:\/\//],
    ['CARTWRIGHT_AGENT_CONTROL_PLANE', 'x', /expected a URL that begins with http:\/\//],
  ])('refuses %s=%s by name', (name, value, message) => {
    expect(() => readSettings({ [name]: value })).toThrow(message);
  });

  test('names the file and each field that is wrong', () => {
    change((document) => Object.assign(document, { tenant: 'Not An Id', brokers: [] }));
    expect(() => load()).toThrow(/instance\.json is not an instance document\. tenant: .*; brokers: /);
  });

  test('names what is no JSON, not there, or not absolute', () => {
    change((document) => Object.assign(document, { tokenFile: 'token' }));
    expect(() => load()).toThrow(/tokenFile: expected an absolute path, got token/);
    writeFileSync(path, '{');
    expect(() => load()).toThrow(/is not JSON/);
    rmSync(path);
    expect(() => load()).toThrow(/cannot read .*instance\.json.*The provider writes this file/);
  });

  test('a token is one line, and is never in the error', () => {
    const file = join(platform.directory, 'token');
    expect(readToken(file)).toBe(TOKEN);
    writeFileSync(file, 'first-half\nsecond-half');
    expect(() => readToken(file)).toThrow(/does not hold one line/);
    expect(() => readToken(file)).not.toThrow(/half/);
    writeFileSync(file, '');
    expect(() => load()).toThrow(ConfigurationError);
  });

  test('an agent that cannot start says why in one line and ends with 2', () => {
    const run = spawnSync(
      process.execPath,
      ['--no-warnings', join(import.meta.dirname, '../main.ts'), '--config', '/no/such'],
      {
        encoding: 'utf8',
      },
    );
    expect(run.status).toBe(2);
    expect(run.stderr.trim().split('\n')).toEqual([expect.stringMatching(/^cartwright-agent: cannot read \/no\/such/)]);
  });
});
