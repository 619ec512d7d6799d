import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { instanceDocument } from '../schema/agent/instance.ts';
import { withPlatform } from './testing/bed.ts';
import { TOKEN } from './testing/broker.ts';
import { SERVER, START, type Platform } from './testing/platform.ts';
import { TestPod } from './testing/pod.ts';
import { soon } from './testing/soon.ts';

describe('an agent in a pod', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));

  const inState = (state: string) => soon(() => expect(platform.received.status?.state).toBe(state));
  const release = async (): Promise<void> => {
    await platform.desire(await platform.release('r1', { 'server.mjs': SERVER }, { start: START }));
  };
  const read = (name: string) => readFileSync(join(platform.directory, name), 'utf8');

  test('asks until an instance has taken the pod, and is that instance', async () => {
    const pod = new TestPod(platform);
    pod.answer = { status: 409, code: 'UNBOUND', retryAfterSeconds: 1 };
    const agent = platform.startAgentInPod(pod.environment);
    await release();
    await soon(() => expect(pod.asked.length).toBeGreaterThan(0));
    expect(platform.broker.connects).toEqual([]);
    pod.answer = pod.identity();
    await inState('active');
    expect(pod.asked[0]).toEqual({ v: 1, hostCluster: pod.hostCluster, token: 'header.first.signature' });
    expect(platform.received.status!.addresses).toEqual([{ name: 'http', host: '127.0.0.1', port: platform.httpPort }]);
    expect(instanceDocument.parse(JSON.parse(read('instance.json')))).toMatchObject({
      instance: platform.key.instance,
      provider: 'kubernetes',
      listenHost: '0.0.0.0',
      cartridge: { directory: join(platform.root, 'cartridge') },
    });
    expect(read('token')).toBe(`${TOKEN}\n`);
    for (const name of ['token', 'instance.json'])
      expect(statSync(join(platform.directory, name)).mode & 0o777).toBe(0o600);
    expect(agent.stderr).toContain('no instance has taken this pod yet');
  });

  test('gives its application neither what it was asked with nor what it was answered', async () => {
    const pod = new TestPod(platform);
    platform.startAgentInPod(pod.environment);
    await release();
    await inState('active');
    const environment = await platform.get('/environment');
    const { CARTWRIGHT_INSTANCE } = JSON.parse(environment) as Record<string, string>;
    expect(CARTWRIGHT_INSTANCE).toBe(platform.key.instance);
    for (const name of Object.keys(pod.environment)) expect(environment).not.toContain(name);
    for (const text of [TOKEN, 'header.first', pod.hostCluster, platform.endpoints.url])
      expect(environment).not.toContain(text);
  });

  test('a container that is started again goes on with what is there, while nobody can be asked', async () => {
    const pod = new TestPod(platform);
    const first = platform.startAgentInPod(pod.environment);
    await release();
    await inState('active');
    const pid = await platform.get('/pid');
    first.signal('SIGKILL');
    await first.exited;
    await Promise.all([platform.endpoints.stop(), platform.broker.stop()]);
    const again = platform.startAgentInPod({ ...pod.environment, CARTWRIGHT_POD_IP: '::1' });
    // What the first had left running was ended.
    await soon(async () => expect(await platform.get('/pid')).toMatch(/^\d+$/));
    await soon(async () => expect(await platform.get('/pid')).not.toBe(pid));
    await soon(async () => expect(await platform.get()).toBe('r1'));
    expect(JSON.parse(read('instance.json'))).toMatchObject({ advertisedHost: '::1', listenHost: '::' });
    await soon(() => expect(again.stderr).toContain('does not say which instance this is'));
  });

  test('a token that the broker does not accept is asked for at once, and the application does not notice', async () => {
    const pod = new TestPod(platform);
    const agent = platform.startAgentInPod(pod.environment);
    await release();
    await inState('active');
    const pid = await platform.get('/pid');
    pod.setToken('header.second.signature');
    platform.broker.token = 'another-token';
    pod.answer = pod.identity({ token: 'another-token' });
    const connects = platform.broker.connects.length;
    platform.broker.cut();
    await soon(() => expect(platform.broker.connects.at(-1)!.password).toBe('another-token'));
    expect(platform.broker.connects.length).toBeGreaterThan(connects);
    expect(pod.asked.at(-1)!.token).toBe('header.second.signature');
    expect(await platform.get('/pid')).toBe(pid);
    expect(agent.stderr).not.toContain('another-token');
  });

  test('fetches its release where it reaches the control plane, and not where the documents say', async () => {
    const pod = new TestPod(platform);
    const { document } = pod.identity();
    const documentsBase = 'http://control-plane.invalid/instance/v1';
    pod.answer = pod.identity({ document: { ...document, documentsBase } });
    platform.startAgentInPod(pod.environment);
    const { artifacts, ...named } = await platform.release('r1', { 'server.mjs': SERVER }, { start: START });
    const there = (url: string) => url.replace(platform.endpoints.url, documentsBase);
    await platform.desire({
      ...named,
      configurationUrl: there(named.configurationUrl),
      artifacts: artifacts.map((slot) => ({ ...slot, urls: slot.urls.map(there) })),
    });
    await inState('active');
  });

  test('a token is renewed before anybody refuses it', async () => {
    const pod = new TestPod(platform);
    pod.answer = pod.identity({ renewAfterSeconds: 5 });
    platform.startAgentInPod(pod.environment);
    await release();
    await inState('active');
    const { document } = pod.identity();
    const ports = [{ name: 'http', protocol: 'http' as const, port: 1 }];
    const brokers = [...document.brokers, 'mqtt://another:1883'];
    pod.answer = pod.identity({ token: 'another-token', document: { ...document, ports, brokers } });
    platform.broker.token = 'another-token';
    await soon(() => expect(platform.broker.connects.at(-1)!.password).toBe('another-token'));
    // What the pod was begun with stays, whatever has become of the cartridge.
    expect(JSON.parse(read('instance.json'))).toMatchObject({ ports: document.ports, brokers });
  });

  test('a broker that cuts it off while it asks sees it again with the token that it is answered, and not with the one before', async () => {
    const pod = new TestPod(platform);
    pod.answer = pod.identity({ renewAfterSeconds: 5 });
    platform.startAgentInPod(pod.environment);
    await release();
    await inState('active');
    const before = platform.broker.connects.length;
    // As a broker of one password an account does it, told by the control plane in the middle of the question.
    pod.beforeAnswer = async () => {
      pod.beforeAnswer = undefined;
      pod.answer = pod.identity({ token: 'another-token' });
      platform.broker.token = 'another-token';
      platform.broker.cut();
      // Longer than the agent would wait with nothing to wait for.
      const since = performance.now();
      await soon(() => expect(performance.now() - since).toBeGreaterThan(600));
    };
    await soon(() => expect(platform.broker.connects.at(-1)!.password).toBe('another-token'));
    const passwords = platform.broker.connects.slice(before).map(({ password }) => password);
    expect(passwords).toEqual(['another-token']);
  });

  test('a pod that is another instance now begins anew', async () => {
    const pod = new TestPod(platform);
    pod.answer = pod.identity({ renewAfterSeconds: 5 });
    const agent = platform.startAgentInPod(pod.environment);
    await soon(() => expect(pod.asked.length).toBe(1));
    await inState('initialized');
    const { document, ...rest } = pod.identity();
    pod.answer = { ...rest, document: { ...document, instance: 'another' } };
    expect(await agent.exited).toBe(1);
    expect(() => read('instance.json')).toThrow(/ENOENT/);
    expect(agent.stderr).toContain('begins anew');
  });

  test('ends at once when it is asked to before it is an instance', async () => {
    const pod = new TestPod(platform);
    pod.answer = { status: 401, code: 'UNAUTHENTICATED' };
    const agent = platform.startAgentInPod(pod.environment);
    await soon(() => expect(agent.stderr).toContain('UNAUTHENTICATED'));
    // What was sent is not told, though it was answered.
    expect(agent.stderr).not.toContain('header.first');
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
  });

  test.each([
    ['CARTWRIGHT_CONTROL_PLANE', 'mqtt://somewhere'],
    ['CARTWRIGHT_HOST_CLUSTER', ''],
    ['CARTWRIGHT_POD_IP', 'somewhere'],
  ])('without a right %s it says so in one line and ends with 2', async (name, value) => {
    const pod = new TestPod(platform);
    const agent = platform.startAgentInPod({ ...pod.environment, [name]: value });
    expect(await agent.exited).toBe(2);
    expect(agent.stderr.trim().split('\n')).toEqual([expect.stringContaining(`environment variable ${name} is`)]);
    expect(pod.asked).toEqual([]);
  });
});
