/** Restarting under load, and stopping and starting, with real processes and a real load balancer. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { shopFrom } from '../support/shop.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;

/** Answers with the process that it is; takes its time, so that a steady load has requests in flight at each moment. */
const OWN_PROCESS = `
const server = require('node:http').createServer((request, response) => {
  setTimeout(() => response.end(String(process.pid)), 50);
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

let platform: Platform;
let url: string;
beforeAll(async () => {
  platform = await Platform.start();
  const repository = await Repository.create(join(platform.repositories, 'shop'), OWN_PROCESS);
  await platform.apply(shopFrom(repository.url));
  url = await eventually(
    'the application to answer',
    async () => {
      const { application } = await platform.ask<{ application: { url: string | null } | null }>(
        '{ application(name: "shop") { url } }',
      );
      const found = application?.url ?? undefined;
      return found !== undefined && (await getText(found).catch(() => '')) !== '' && found;
    },
    LIMIT,
  );
  await eventually('the first roll-out to end', async () => (await look()).rollout === 'SUCCEEDED', LIMIT);
});
afterAll(() => platform[Symbol.asyncDispose]());

const REF = 'ref: { application: "shop", alias: "web" }';

async function look(): Promise<{ wanted: number; running: number; rollout: string | undefined }> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: {
      wanted: number;
      instances: { edges: { node: { state: string } }[] };
      rollouts: { edges: { node: { state: string } }[] };
    };
  }>(`{ serviceCluster(${REF}) { wanted instances(first: 50) { edges { node { state } } }
    rollouts(last: 1) { edges { node { state } } } } }`);
  const { wanted, instances, rollouts } = serviceCluster;
  const running = instances.edges.filter(({ node }) => node.state !== 'TERMINATED').length;
  return { wanted, running, rollout: rollouts.edges[0]?.node.state };
}

async function change(mutation: string, more = ''): Promise<void> {
  const answer = await platform.ask<Record<string, { userErrors: unknown[] }>>(
    `mutation { ${mutation}(input: { ${REF}${more} }) { userErrors { code message } } }`,
  );
  expect(answer[mutation]?.userErrors).toEqual([]);
}

test('a restart is another process, and no request of a steady load fails meanwhile', async () => {
  const before = await getText(url);
  const load = steadyLoad(url);
  await change('restart', ', reason: "a leak"');
  await eventually('another process', async () => (await getText(url)) !== before, LIMIT);
  await eventually('the end of the roll-out', async () => (await look()).rollout === 'SUCCEEDED', LIMIT);
  await eventually('one instance', async () => (await look()).running === 1, LIMIT);
  const { sent, failed } = await load.stop();
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(20);
  expect(await getText(url)).not.toBe(before);
});

test('what is stopped answers 503 at once, also by a control plane that is started again, until it is started', async () => {
  await change('stop', ', reason: "maintenance"');
  await eventually('nothing to run', async () => (await look()).running === 0, LIMIT);
  const refused = async (): Promise<void> => {
    const asked = performance.now();
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    expect({ status: response.status, retryAfter: response.headers.has('retry-after') }).toEqual({
      status: 503,
      retryAfter: true,
    });
    // Unless told otherwise it would be held for seconds.
    expect(performance.now() - asked).toBeLessThan(2500);
  };
  await refused();
  await platform.end('SIGKILL');
  await platform.run();
  await refused();
  expect(await look()).toMatchObject({ wanted: 0, running: 0 });
  await change('start');
  await eventually('it to answer', async () => (await getText(url).catch(() => '')) !== '', LIMIT);
  expect(await look()).toMatchObject({ wanted: 1, running: 1 });
});
