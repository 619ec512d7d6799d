import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LoadBalancerSettings } from '../../../schema/mqtt/load-balancer-settings.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { topology } from './testing/agent.ts';
import { Bed } from './testing/bed.ts';
import { ask } from './testing/client.ts';

const PROXY = { localAddress: '127.0.0.1' };
const STRANGER = { localAddress: '127.0.0.2' };
const CLAIMS = {
  ...{ 'x-forwarded-for': '6.6.6.6, 203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' },
  ...{ 'x-real-ip': '6.6.6.6', 'x-request-id': 'mine' },
};

describe('what an application says of its load balancer', () => {
  let bed: Bed;
  let generation = 0;
  let release: (() => void) | undefined;

  beforeEach(async () => {
    bed = await Bed.start({ LB_TRUST_FORWARDED: '1', LB_ACCESS_LOG: 'json' });
    const backend = await bed.backend((request, response) => {
      const answer = () => response.end(JSON.stringify(request.headers));
      if (request.url === '/slow') release = answer;
      else answer();
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
  });
  afterEach(() => bed.close());

  async function say(loadBalancer?: LoadBalancerSettings): Promise<void> {
    const own = { uid: 'own', routes: [], aliases: ['web', 'lb'], ...(loadBalancer ? { loadBalancer } : {}) };
    bed.agent.topology('lb', topology(++generation, [], own));
    await eventually('it to be applied', () => bed.agent.isApplied('lb', generation));
  }
  async function seen(from: { localAddress: string }): Promise<Record<string, string>> {
    const { body } = await ask(bed.port, { headers: CLAIMS, ...from });
    const headers = JSON.parse(body) as Record<string, string>;
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-')));
  }
  const formats = () => bed.accessLines.splice(0).map((line) => (line.startsWith('{') ? 'json' : 'combined'));

  test('a proxy that it names is believed, and what the client told the proxy is not; a stranger is not believed at all', async () => {
    await say({ trustedProxies: ['127.0.0.1/32', '2001:db8::/32'] });
    expect(await seen(PROXY)).toEqual({
      ...{ 'x-forwarded-for': '203.0.113.9, 127.0.0.1', 'x-forwarded-proto': 'https' },
      ...{ 'x-forwarded-host': 'shop.example', 'x-real-ip': '6.6.6.6', 'x-request-id': 'mine' },
      'x-forwarded-port': '443',
    });
    expect(await seen(STRANGER)).toEqual({
      ...{ 'x-forwarded-for': '127.0.0.2', 'x-forwarded-proto': 'http' },
      ...{ 'x-forwarded-host': `127.0.0.1:${bed.port}`, 'x-request-id': 'mine' },
      'x-forwarded-port': `${bed.port}`,
    });
    expect(bed.accessLines.map((line) => (JSON.parse(line) as { client: string }).client)).toEqual([
      '203.0.113.9',
      '127.0.0.2',
    ]);
  });

  test('an empty list believes nobody, whatever the environment says; where nothing is said, that holds', async () => {
    expect((await seen(STRANGER))['x-forwarded-for']).toBe('6.6.6.6, 203.0.113.9, 127.0.0.2');
    await say({ trustedProxies: [] });
    expect((await seen(PROXY))['x-forwarded-for']).toBe('127.0.0.1');
    await say();
    expect((await seen(STRANGER))['x-forwarded-for']).toBe('6.6.6.6, 203.0.113.9, 127.0.0.2');
  });

  test('request ids are kept from whom it says', async () => {
    await say({ trustedProxies: ['127.0.0.1'], requestIdsFrom: 'trusted-proxies' });
    expect((await seen(PROXY))['x-request-id']).toBe('mine');
    expect((await seen(STRANGER))['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the access log changes while a request is under way, which is not disturbed', async () => {
    const slow = ask(bed.port, { path: '/slow' });
    await eventually('it is under way', () => release);
    await say({ accessLog: 'none' });
    await seen(STRANGER);
    expect(formats()).toEqual([]);
    await say({ accessLog: 'combined' });
    await seen(STRANGER);
    release?.();
    expect((await slow).status).toBe(200);
    await eventually('both lines', () => bed.accessLines.length === 2);
    expect(formats()).toEqual(['combined', 'combined']);
  });

  test('a document of another alias says nothing of it', async () => {
    await say({ trustedProxies: [] });
    bed.agent.topology('other', topology(1, [], { uid: 'other', routes: [{ path: '/other' }] }));
    await eventually('it to be applied', () => bed.agent.isApplied('other', 1));
    expect((await seen(PROXY))['x-forwarded-for']).toBe('127.0.0.1');
  });
});
