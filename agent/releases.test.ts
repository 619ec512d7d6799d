import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN } from './testing/broker.ts';
import { withPlatform } from './testing/bed.ts';
import { type Platform, SERVER, START } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

describe('an agent that is given releases', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));

  const serving = (release: string) => soon(async () => expect(await platform.get()).toBe(release));
  const inState = (state: string) => soon(() => expect(platform.received.status?.state).toBe(state));
  const files = { 'server.mjs': SERVER };

  test('gives the application a clean environment without the token', async () => {
    platform.startAgent({
      spec: { environment: { COLOUR: 'red', FLAVOUR: 'cartridge' } },
      environment: { SECRET_OF_AGENT: '1' },
    });
    const environment = { FLAVOUR: 'release', PORT: '1', CARTWRIGHT_INSTANCE: 'forged' };
    await platform.desire(await platform.release('r1', files, { start: START, environment }));
    await inState('active');
    const seen = JSON.parse(await platform.get('/environment')) as Record<string, string>;
    expect(seen).toMatchObject({
      COLOUR: 'red',
      FLAVOUR: 'release',
      HOST: '127.0.0.1',
      PORT: String(platform.httpPort),
      PORT_HTTP: String(platform.httpPort),
      HOME: join(platform.directory, 'home'),
      CARTWRIGHT_TENANT: 'acme',
      CARTWRIGHT_APPLICATION: 'shop',
      CARTWRIGHT_ALIAS: 'web',
      CARTWRIGHT_INSTANCE: platform.key.instance,
      CARTWRIGHT_RELEASE: 'r1',
    });
    expect(seen).not.toHaveProperty('SECRET_OF_AGENT');
    expect(JSON.stringify(seen)).not.toContain(TOKEN);
    expect(statSync(join(platform.directory, 'releases/r1/configuration.json')).mode & 0o777).toBe(0o600);
  });

  describe('with secrets', () => {
    const secrets = [
      { name: 'DB_PASSWORD', version: 3, uid: 's1', delivery: 'environment' as const },
      { name: 'TLS_KEY', version: 1, uid: 's2', delivery: 'file' as const },
    ];
    const values = { DB_PASSWORD: 'grüezi "$x"\n', TLS_KEY: '-----BEGIN-----\nkey\n' };
    const withSecrets = async (name: string, answer: object = { v: 1, release: name, values }) => {
      platform.endpoints.secrets.set(name, JSON.stringify(answer));
      const environment = { DB_PASSWORD: 'plain' };
      return platform.release(name, files, { v: 2, start: START, environment, secrets });
    };
    const environmentOf = async () => JSON.parse(await platform.get('/environment')) as Record<string, string>;

    test('gives them to the application, as values and as files that only this instance reads', async () => {
      platform.startAgent();
      await platform.desire(await withSecrets('r1'));
      await inState('active');
      const seen = await environmentOf();
      expect(seen.DB_PASSWORD).toBe(values.DB_PASSWORD);
      expect(seen.TLS_KEY).toBe(join(platform.directory, 'releases/r1/secrets/TLS_KEY'));
      expect(readFileSync(seen.TLS_KEY!, 'utf8')).toBe(values.TLS_KEY);
      for (const name of Object.keys(values))
        expect(statSync(join(platform.directory, 'releases/r1/secrets', name)).mode & 0o777).toBe(0o600);
      expect(statSync(join(platform.directory, 'releases/r1/secrets')).mode & 0o777).toBe(0o700);
      const asked = platform.endpoints.requests.find(({ url }) => url === '/secrets/r1');
      expect(asked?.authorization).toBe(`Bearer ${TOKEN}`);
    });

    test('starts again with them while the control plane is gone', async () => {
      const first = platform.startAgent();
      await platform.desire(await withSecrets('r1'));
      await inState('active');
      first.signal('SIGINT');
      expect(await first.exited).toBe(0);
      await platform.broker.stop();
      await platform.endpoints.stop();
      platform.startAgent();
      await serving('r1');
      expect((await environmentOf()).DB_PASSWORD).toBe(values.DB_PASSWORD);
    });

    test('says what the control plane says when it refuses them, and starts nothing without them', async () => {
      platform.endpoints.intercept = (request, response) => {
        if (request.url !== '/secrets/r1') return false;
        const error = { code: 'SECRET_REVOKED', message: 'version 3 of the secret DB_PASSWORD, which ann revoked' };
        response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
        return true;
      };
      platform.startAgent();
      await platform.desire(await withSecrets('r1'));
      await inState('faulty');
      expect(platform.received.status?.reason?.code).toBe('secrets-fetch-failed');
      expect(platform.received.status?.reason?.message).toContain('409 (SECRET_REVOKED: version 3 of the secret');
      expect(await platform.get()).toBe('ECONNREFUSED');
    });

    test.each<[string, object]>([
      ['lacks one', { v: 1, release: 'r1', values: { DB_PASSWORD: 'hunter2' } }],
      ['is that of another release', { v: 1, release: 'r2', values }],
      ['is none', { hunter2: 'hunter2' }],
    ])('refuses an answer that %s, and quotes nothing of it', async (_name, answer) => {
      const agent = platform.startAgent();
      await platform.desire(await withSecrets('r1', answer));
      await inState('faulty');
      expect(platform.received.status?.reason?.code).toBe('secrets-invalid');
      expect(JSON.stringify(platform.received.status) + agent.stderr).not.toContain('hunter2');
    });

    test('forgets those of a release that it no longer keeps', async () => {
      platform.startAgent();
      await platform.desire(await withSecrets('r1'));
      await serving('r1');
      for (const name of ['r2', 'r3']) {
        await platform.desire(await platform.release(name, files, { start: START }));
        await serving(name);
      }
      await soon(() => expect(readdirSync(join(platform.directory, 'releases')).sort()).toEqual(['r2', 'r3']));
    });
  });

  test('starts the kept release when neither broker nor control plane is there', async () => {
    const first = platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    first.signal('SIGINT');
    expect(await first.exited).toBe(0);
    await platform.broker.stop();
    await platform.endpoints.stop();
    platform.startAgent();
    await serving('r1');
  });

  test('switches to the candidate only where it is named, back again, and keeps the previous tree', async () => {
    platform.startAgent({ environment: { CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS: '0' } });
    const r1 = await platform.release('r1', files, { start: START });
    const r2 = await platform.release('r2', { ...files, 'new.txt': '2' }, { start: START });
    await platform.desire(r1);
    await inState('active');
    await platform.desire(r1, { ...r2, instances: ['somebody-else'] });
    await soon(() => expect(platform.received.phases).toContain('r2 fetched'));
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r1 active'));
    expect(await platform.get()).toBe('r1');
    const requests = platform.endpoints.requests.length;
    await platform.desire(r1, { ...r2, instances: [platform.key.instance] });
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r2 active'));
    expect(await platform.get()).toBe('r2');
    expect(platform.endpoints.requests).toHaveLength(requests);
    expect(platform.received.states).toEqual([
      'initialized',
      'starting',
      'active',
      'maintenance',
      'starting',
      'active',
    ]);
    expect(readlinkSync(join(platform.directory, 'current'))).toBe('releases/r2/tree');
    await platform.desire(r1);
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r1 active'));
    expect(await platform.get()).toBe('r1');
    const r3 = await platform.release('r3', files, { start: START });
    await platform.desire(r3);
    await serving('r3');
    await soon(() => expect(readdirSync(join(platform.directory, 'releases')).sort()).toEqual(['r1', 'r3']));
    expect(readdirSync(join(platform.directory, 'downloads'))).toEqual([]);
  });

  test('steps of a roll-out that concern others are no work for it: nothing is written, nothing reported', async () => {
    platform.startAgent({ environment: { CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS: '0' } });
    const r1 = await platform.release('r1', files, { start: START });
    const r2 = await platform.release('r2', files, { start: START });
    await platform.desire(r1);
    await inState('active');
    await platform.desire(r1, { ...r2, instances: ['one'] });
    await soon(() => expect(platform.received.phases).toContain('r2 fetched'));
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r1 active'));
    const kept = () => readFileSync(join(platform.directory, 'state/desired.json'), 'utf8');
    await soon(() => expect(kept()).toContain('"one"'));
    const [before, reports] = [kept(), platform.received.phases.length];
    await platform.desire(r1, { ...r2, instances: ['one', 'two'] });
    await platform.desire(r1, { ...r2, instances: ['one', 'two', 'three'] });
    await platform.desire(r1, { ...r2, instances: ['one', 'two', 'three', platform.key.instance] });
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r2 active'));
    await soon(() => expect(kept()).toContain(platform.key.instance));
    expect(before).not.toContain('"two"');
    // Switching, and what came of it: none of the steps between.
    expect(platform.received.phases.slice(reports)).toEqual(['r2 fetched', 'r2 switching', 'r2 active']);
  });

  test('a request in flight survives the switch', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const slow = platform.get('/slow');
    await platform.desire(await platform.release('r2', files, { start: START }));
    expect(await slow).toBe('slow');
    await serving('r2');
  });

  test('an older document and one of another service cluster change nothing', async () => {
    platform.startAgent();
    const r1 = await platform.release('r1', files, { start: START });
    await platform.desire(r1);
    await platform.desire(r1);
    await inState('active');
    await platform.desireAs(
      { uid: platform.cluster, generation: 1 },
      await platform.release('r2', files, { start: START }),
    );
    await platform.desireAs(
      { uid: 'another-cluster', generation: 99 },
      await platform.release('r3', files, { start: START }),
    );
    await platform.desire(await platform.release('r4', files, { start: START }));
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r4 active'));
    expect(platform.received.artifacts.at(-1)!.slots.app!.generation).toBe(3);
    expect(platform.received.phases.filter((phase) => /r[23]/.test(phase))).toEqual([]);
  });

  test('a release that cannot be started is reported as failed, and going back is possible', async () => {
    platform.startAgent();
    const r1 = await platform.release('r1', files, { start: START });
    await platform.desire(r1);
    await inState('active');
    await platform.desire(await platform.release('r2', files, { start: ['no-such-program'] }));
    await inState('faulty');
    expect(platform.received.status!.reason).toMatchObject({ code: 'start-command-not-found' });
    expect(platform.received.status!.reason!.message).toContain('"no-such-program" (ENOENT)');
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r2 failed'));
    await platform.desire(r1);
    await inState('active');
    expect(await platform.get()).toBe('r1');
  });

  test('an archive with a wrong digest never replaces what runs', async () => {
    platform.startAgent();
    const r1 = await platform.release('r1', files, { start: START });
    await platform.desire(r1);
    await inState('active');
    const r2 = await platform.release('r2', files, { start: START });
    platform.endpoints.archives.set(r2.artifacts[0]!.digest, Buffer.alloc(r2.artifacts[0]!.bytes, 7));
    await platform.desire(r2);
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r2 failed'), 15_000);
    expect(platform.received.artifacts.at(-1)!.slots.app!.error).toMatchObject({ code: 'artifact-digest-mismatch' });
    expect(platform.received.artifacts.at(-1)!.release).toBe('r1');
    expect(platform.received.status!.state).toBe('active');
    expect(await platform.get()).toBe('r1');
  });

  test('hooks run in their order with the release’s environment, and what they print is kept', async () => {
    const hook = (name: string) =>
      `#!/bin/sh\necho "${name} $CARTWRIGHT_RELEASE $CARTWRIGHT_HOOK $(cat content.txt)"\n`;
    const names = ['artifact-updated', 'before-start', 'after-start', 'before-stop', 'cleanup'];
    const hooks = Object.fromEntries(names.map((name) => [name, hook(name)]));
    const agent = platform.startAgent({ hooks });
    await platform.desire(await platform.release('r1', { ...files, 'content.txt': 'hello' }, { start: START }));
    await inState('active');
    await soon(() => expect(platform.received.lines).toContain('hook-after-start: after-start r1 after-start hello'));
    agent.signal('SIGINT');
    expect(await agent.exited).toBe(0);
    const kept = readFileSync(join(platform.directory, 'logs/hooks.log'), 'utf8').trim().split('\n');
    expect(kept).toEqual(names.map((name) => `${name} r1 ${name} hello`));
    expect(readFileSync(join(platform.directory, 'logs/stdout.log'), 'utf8')).toBe(
      'release r1 begins\nasked to stop\n',
    );
  });

  test('the start hook starts what has no start command', async () => {
    platform.startAgent({ hooks: { start: '#!/bin/sh\nexec node server.mjs\n' } });
    await platform.desire(await platform.release('r1', files));
    await inState('active');
    expect(await platform.get('/cwd')).toBe(join(platform.directory, 'releases/r1/tree'));
  });

  test('a failing artifact-updated hook leaves the running release alone', async () => {
    platform.startAgent({
      hooks: { 'artifact-updated': '#!/bin/sh\n[ "$CARTWRIGHT_RELEASE" = r1 ] || { echo broken; exit 3; }\n' },
    });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    await platform.desire(await platform.release('r2', files, { start: START }));
    await soon(() => expect(platform.received.phases.at(-1)).toBe('r2 failed'));
    expect(platform.received.artifacts.at(-1)!.slots.app!.error).toEqual({
      code: 'hook-failed',
      message: 'the hook artifact-updated ended with exit code 3; last lines: broken',
    });
    expect(await platform.get('/pid')).toBe(pid);
    expect(readlinkSync(join(platform.directory, 'current'))).toBe('releases/r1/tree');
  });
});
