import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

describe('settings from the environment', () => {
  test('are complete without any', () => {
    const config = readConfig({});
    expect(config.http).toEqual({ host: '127.0.0.1', port: 4747 });
    expect(config.broker).toEqual({ kind: 'embedded', host: '127.0.0.1', port: 4748 });
    expect(config.git.hosts).toEqual([]);
  });

  test('tenants have user ids of their own only if a range is named', () => {
    expect(readConfig({}).tenantUsers).toBeUndefined();
    expect(readConfig({ CARTWRIGHT_TENANT_USERS: '210000-219999' }).tenantUsers).toEqual({
      from: 210_000,
      to: 219_999,
    });
  });

  test('builds run where instances do, unless somebody says that they run on this machine', () => {
    const kubernetes = { CARTWRIGHT_PROVIDER: 'kubernetes' };
    expect(readConfig({}).builds).toEqual({ kind: 'machine' });
    expect(readConfig(kubernetes).builds).toEqual({ kind: 'jobs', cpuCores: 1, memoryBytes: 2 ** 30 });
    expect(readConfig({ ...kubernetes, CARTWRIGHT_BUILDS: 'machine' }).builds).toEqual({ kind: 'machine' });
    expect(() => readConfig({ CARTWRIGHT_BUILDS: 'jobs' })).toThrow('CARTWRIGHT_PROVIDER=kubernetes');
  });

  test('tokens of pods end after an hour unless another time is named', () => {
    expect(readConfig({}).instanceTokenSeconds).toBe(3600);
    expect(readConfig({ CARTWRIGHT_INSTANCE_TOKEN_SECONDS: '30' }).instanceTokenSeconds).toBe(30);
  });

  test('an empty variable is as good as none', () => {
    expect(readConfig({ CARTWRIGHT_HTTP_PORT: '' }).http.port).toBe(4747);
  });

  test.each([
    [{ CARTWRIGHT_HTTP_PORT: 'many' }, 'CARTWRIGHT_HTTP_PORT'],
    [{ CARTWRIGHT_HTTP_PORT: '70000' }, 'CARTWRIGHT_HTTP_PORT'],
    [{ CARTWRIGHT_PUBLIC_PORTS: '9000' }, 'expected a range of ports'],
    [{ CARTWRIGHT_PUBLIC_PORTS: '9000-8000' }, 'expected a range of ports'],
    [{ CARTWRIGHT_TENANT_USERS: '0-100' }, 'expected a range of user ids from 1000 on'],
    [{ CARTWRIGHT_TENANT_USERS: '60000-70000' }, 'without 65534'],
    [{ CARTWRIGHT_BROKER_URL: 'http://broker' }, 'CARTWRIGHT_BROKER_URL'],
    [{ CARTWRIGHT_PROVIDER: 'docker' }, 'CARTWRIGHT_PROVIDER'],
    [{ CARTWRIGHT_NAMESPACE_PREFIX: 'Mine' }, 'CARTWRIGHT_NAMESPACE_PREFIX'],
    [{ CARTWRIGHT_LOAD_BALANCER_SERVICE: 'Ingress' }, 'CARTWRIGHT_LOAD_BALANCER_SERVICE'],
    [{ CARTWRIGHT_LOG_LEVEL: 'loud' }, 'CARTWRIGHT_LOG_LEVEL'],
    [{ CARTWRIGHT_INSTANCE_TOKEN_SECONDS: '29' }, 'expected seconds, 30 to 86400'],
    [{ CARTWRIGHT_INSTANCE_TOKEN_SECONDS: '86401' }, 'CARTWRIGHT_INSTANCE_TOKEN_SECONDS'],
    [{ CARTWRIGHT_INSTANCE_TOKEN_SECONDS: 'off' }, 'CARTWRIGHT_INSTANCE_TOKEN_SECONDS'],
    [{ CARTWRIGHT_MINIMUM_FREE_DISK_PERCENT: '100' }, 'expected a percentage, 0 to 99.9'],
  ])('name the variable that is wrong: %j', (variables, message) => {
    expect(() => readConfig(variables)).toThrow(message);
  });

  test('listening beyond loopback without TLS has to be asked for by name', () => {
    expect(() => readConfig({ CARTWRIGHT_HTTP_HOST: '0.0.0.0' })).toThrow('CARTWRIGHT_ALLOW_PLAINTEXT');
    expect(readConfig({ CARTWRIGHT_HTTP_HOST: '0.0.0.0', CARTWRIGHT_ALLOW_PLAINTEXT: 'true' }).http.host).toBe(
      '0.0.0.0',
    );
  });

  test('load balancers listen on loopback, elsewhere when an operator says where; URLs name what reaches them', () => {
    expect(readConfig({})).toMatchObject({ publicListenHost: '127.0.0.1', publicHost: '127.0.0.1' });
    const listening = (host: string, name?: string) =>
      readConfig({ CARTWRIGHT_PUBLIC_LISTEN_HOST: host, CARTWRIGHT_PUBLIC_HOST: name });
    expect(listening('0.0.0.0')).toMatchObject({ publicListenHost: '0.0.0.0', publicHost: '127.0.0.1' });
    expect(listening('::').publicHost).toBe('::1');
    expect(listening('10.0.0.7').publicHost).toBe('10.0.0.7');
    expect(listening('0.0.0.0', 'shop.example.org').publicHost).toBe('shop.example.org');
    expect(() => listening('everywhere')).toThrow('expected an address of this machine, 0.0.0.0 or ::');
    expect(() => listening('0.0.0.0', 'https://shop.example.org')).toThrow('without scheme and port');
  });

  test('a database URL takes the place of the file; the password in it stands in no message', () => {
    expect(readConfig({}).database).toEqual({ kind: 'sqlite' });
    const url = 'postgres://u:hunter2@localhost/c';
    expect(readConfig({ CARTWRIGHT_DATABASE_URL: url, CARTWRIGHT_DATABASE_CONNECTIONS: '4' }).database).toEqual({
      kind: 'postgres',
      url,
      connections: 4,
      leaseSeconds: 10,
    });
    expect(() => readConfig({ CARTWRIGHT_DATABASE_URL: url, CARTWRIGHT_HTTP_PORT: 'x' })).not.toThrow('hunter2');
    expect(() => readConfig({ CARTWRIGHT_DATABASE_CONNECTIONS: '1' })).toThrow('2 to 100');
  });

  test('a user that may change the accounts of an outside broker comes with its password file', () => {
    const { broker } = readConfig({
      CARTWRIGHT_BROKER_URL: 'mqtt://broker.example.org',
      CARTWRIGHT_BROKER_SECURITY_USERNAME: 'cartwright-security',
      CARTWRIGHT_BROKER_SECURITY_PASSWORD_FILE: '/etc/cartwright/security',
    });
    const security = { username: 'cartwright-security', passwordFile: '/etc/cartwright/security' };
    expect(broker).toEqual({ kind: 'outside', url: 'mqtt://broker.example.org', security });
  });

  test('an outside broker takes the place of the embedded one', () => {
    const config = readConfig({
      CARTWRIGHT_BROKER_URL: 'mqtts://broker.example.org',
      CARTWRIGHT_BROKER_USERNAME: 'cartwright',
    });
    expect(config.broker).toEqual({ kind: 'outside', url: 'mqtts://broker.example.org', username: 'cartwright' });
  });

  test('the URL of a proxy has no slash at its end, and neither user, query nor fragment', () => {
    expect(readConfig({}).publicUrl).toBeNull();
    expect(readConfig({ CARTWRIGHT_PUBLIC_URL: 'https://paas.example.org/' }).publicUrl).toBe(
      'https://paas.example.org',
    );
    expect(readConfig({ CARTWRIGHT_PUBLIC_URL: 'https://a.example/paas/' }).publicUrl).toBe('https://a.example/paas');
    for (const url of ['paas.example.org', 'ftp://a.example', 'https://a:b@a.example', 'https://a.example/?x=1'])
      expect(() => readConfig({ CARTWRIGHT_PUBLIC_URL: url })).toThrow('CARTWRIGHT_PUBLIC_URL');
  });
});
