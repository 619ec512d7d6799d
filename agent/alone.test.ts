import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IDENTITY_PATH } from '../schema/agent/identity.ts';
import type { ReleaseConfiguration } from '../schema/agent/instance.ts';
import { RELEASE_DOCUMENT_FILE, type ReleaseDocument } from '../schema/agent/release-document.ts';
import { withPlatform } from './testing/bed.ts';
import { TOKEN } from './testing/broker.ts';
import { TestEndpoints } from './testing/endpoints.ts';
import { SERVER, START, type Platform } from './testing/platform.ts';
import { TestPod } from './testing/pod.ts';
import { soon } from './testing/soon.ts';

jest.setTimeout(40_000);

const AWAY = { status: 503, code: 'NOT_READY' };

describe('a pod that nobody tells which instance it is', () => {
  let platform: Platform;
  let pod: TestPod;
  /** Inside the host cluster; the bearer of each artifact is the token. */
  let server: TestEndpoints;

  withPlatform((fresh) => (platform = fresh));
  beforeEach(async () => {
    pod = new TestPod(platform);
    pod.answer = AWAY;
    server = new TestEndpoints();
    await server.start();
  });
  afterEach(() => server.stop());

  const servedBy = (release: string) => soon(async () => expect(await platform.get()).toBe(release));

  /** Nothing of the control plane answers but the server beside it. */
  async function documented(
    name: string,
    configuration: Partial<ReleaseConfiguration> = {},
    changes: Partial<ReleaseDocument> = {},
  ): Promise<ReleaseDocument> {
    const stable = await platform.release(name, { 'server.mjs': SERVER }, { start: START, ...configuration });
    const text = platform.endpoints.configurations.get(name)!;
    platform.endpoints.configurations.clear();
    const { digest } = stable.artifacts[0]!;
    server.archives.set(digest, platform.endpoints.archives.get(digest)!);
    const { document: of } = pod.identity();
    const { tenant, application, alias, cluster, controlPlane, ports, cartridge } = of;
    const instance = { v: 1 as const, tenant, application, alias, cluster, controlPlane, ports, cartridge };
    const document: ReleaseDocument = {
      ...{ v: 1, instance, stable, configuration: text, reportIntervalSeconds: 1 },
      artifactServer: { url: `${server.url}/archives`, bearers: { [digest]: TOKEN } },
      ...changes,
    };
    writeFileSync(join(pod.folder, RELEASE_DOCUMENT_FILE), JSON.stringify(document));
    return document;
  }

  test('serves by its release document, and is the instance that it is said to be without a restart', async () => {
    const secrets = [{ name: 'KEY', version: 1, uid: 'key-1', delivery: 'environment' as const }];
    const { stable } = await documented(
      'r1',
      { v: 2, environment: { COLOUR: 'blue' }, secrets },
      {
        secrets: { v: 1, release: 'r1', values: { KEY: 'the-value-of-the-key' } },
        metadata: { v: 1, version: '1.0', application: { greeting: 'hello' }, component: {} },
      },
    );
    const agent = platform.startAgentInPod(pod.environment);
    await servedBy('r1');
    const environment = await platform.get('/environment');
    expect(JSON.parse(environment)).toMatchObject({ COLOUR: 'blue', KEY: 'the-value-of-the-key' });
    for (const text of [TOKEN, server.url, pod.folder]) expect(environment).not.toContain(text);
    expect(platform.broker.connects).toEqual([]);
    expect(agent.stderr).toContain('it runs by its release document');
    expect(agent.stderr).not.toContain('the-value-of-the-key');
    const pid = await platform.get('/pid');
    const fetched = server.requests.length;

    platform.endpoints.configurations.set('r1', 'not asked for');
    await platform.desire(stable);
    pod.answer = pod.identity();
    await soon(() => expect(platform.received.status?.state).toBe('active'));
    expect(platform.broker.connects[0]!.clientId).toBe(platform.key.instance);
    await soon(() =>
      expect(platform.received.artifacts.at(-1)?.slots.app).toMatchObject({ phase: 'active', epoch: 1 }),
    );
    expect(await platform.get('/pid')).toBe(pid);
    expect(server.requests).toHaveLength(fetched);
    expect(platform.endpoints.requests.filter(({ url }) => url !== IDENTITY_PATH)).toEqual([]);

    await platform.desire(await platform.release('r2', { 'server.mjs': SERVER }, { start: START }));
    await servedBy('r2');
    expect(JSON.parse(await platform.get('/environment'))).toMatchObject({
      CARTWRIGHT_INSTANCE: platform.key.instance,
    });
  });

  test('does not wait for a control plane that takes connections and is silent', async () => {
    await documented('r1');
    platform.endpoints.intercept = () => true;
    platform.startAgentInPod(pod.environment);
    await servedBy('r1');
  });

  test('waits for a control plane that says that it is none yet', async () => {
    await documented('r1');
    pod.answer = { status: 409, code: 'UNBOUND', retryAfterSeconds: 2 };
    const agent = platform.startAgentInPod(pod.environment);
    await soon(() => expect(pod.asked.length).toBeGreaterThan(3));
    expect(await platform.get()).toBe('ECONNREFUSED');
    expect(agent.stderr).not.toContain('it runs by its release document');
    pod.answer = AWAY;
    await servedBy('r1');
  });

  test('says where a document is wrong, and nothing of what stands in it', async () => {
    await documented(
      'r1',
      {},
      { configuration: 7 as never, secrets: { v: 1, release: 'r1', values: { KEY: 'hush' } } },
    );
    const agent = platform.startAgentInPod(pod.environment);
    await soon(() => expect(agent.stderr).toContain('"where":"configuration"'));
    expect(agent.stderr).not.toContain('hush');
    await documented('r1');
    await servedBy('r1');
  });

  test('says so where no server of artifacts is there, and asks it again', async () => {
    await documented('r1', {}, { artifactServer: undefined });
    const agent = platform.startAgentInPod(pod.environment);
    await soon(() => expect(agent.stderr).toContain('there is no server of artifacts in this host cluster'));
    expect(platform.endpoints.requests.filter(({ url }) => url !== IDENTITY_PATH)).toEqual([]);
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
  });
});
