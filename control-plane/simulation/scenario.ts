/** What a simulated platform is: its tenant, cartridges and application, and what the seed draws of them. */
import { stringify } from 'yaml';
import { cartridgeManifest } from '../../schema/manifests/cartridge.ts';
import type { CartridgeRecord } from '../app/records/cartridges.ts';
import { newTenant } from '../app/tenants/quota.ts';
import type { Bounds } from './invariants.ts';
import type { MemoryDatabase } from './memory-store.ts';
import type { Weather } from './network.ts';
import { between, chance, whole, type Random } from './random.ts';

/** What a right clock shows at the beginning of a run, in milliseconds since the epoch. */
export const EPOCH = 1_800_000_000_000;
/** How long a run is, unless it is said: with the same times a seed is the same run everywhere. */
export const TIMES = { seconds: 120, quietSeconds: 100 } as const;
export const TENANT = 'acme';
export const APPLICATION = 'shop';
export const ALIASES = ['web', 'api', 'jobs'] as const;
export const CALM: Weather = { loss: 0, duplication: 0, delay: [1, 5], reordering: false };

/** Of each service cluster, the load balancer's included; `instances`: the minimum of the others, drawn if absent. */
export function drawBounds(draw: Random, instances?: number): ReadonlyMap<string, Bounds> {
  const bounds = new Map<string, Bounds>([['lb', { minimum: 1, maximum: 1 }]]);
  for (const alias of ALIASES) {
    const minimum = instances ?? whole(draw, 1, 5);
    bounds.set(alias, { minimum, maximum: minimum + whole(draw, 1, 4) });
  }
  return bounds;
}

export function drawWeather(draw: Random): Weather {
  const isFoul = chance(draw, 0.6);
  return {
    loss: isFoul ? between(draw, 0, 0.3) : 0,
    duplication: isFoul ? between(draw, 0, 0.3) : 0,
    delay: isFoul ? [1, between(draw, 10, 1500)] : [1, 20],
    reordering: isFoul && chance(draw, 0.5),
  };
}
/** What is there before the control plane begins. */
export function furnish(database: MemoryDatabase, newUid: (now: number) => string): void {
  const http = [{ name: 'http', protocol: 'http' }];
  const cartridge = (name: string, spec: Record<string, unknown>): CartridgeRecord => ({
    uid: name,
    name,
    generation: 1,
    digest: null,
    directory: `/cartridges/${name}`,
    manifest: cartridgeManifest.parse({
      apiVersion: 'cartwright.dev/v1',
      kind: 'Cartridge',
      metadata: { name },
      spec: {
        version: '1',
        runtimes: ['process'],
        artifact: { required: false },
        startSeconds: 2,
        drainSeconds: 5,
        ...spec,
      },
    }),
  });
  const cartridges = [
    cartridge('node', { category: 'framework', ports: http, concurrency: 10 }),
    cartridge('worker', { category: 'framework' }),
    cartridge('lb', { category: 'load-balancer', ports: http }),
  ];
  const tenant = newTenant(TENANT, { now: EPOCH, newUid });
  const quota = { ...tenant.quota, instances: 100, memoryBytes: 2 ** 40 };
  database.commit(
    new Map<'cartridges' | 'tenants', Map<string, { uid: string }>>([
      ['cartridges', new Map(cartridges.map((one) => [one.uid, one]))],
      ['tenants', new Map([[tenant.uid, { ...tenant, quota }]])],
    ]),
    [],
  );
}

/** The application; another environment makes another release. */
export function manifestsOf(bounds: ReadonlyMap<string, Bounds>, environment: Record<string, string>): string {
  const components = ALIASES.map((alias) => ({
    kind: 'cartridge',
    alias,
    cartridge: alias === 'jobs' ? 'worker' : 'node',
    autoscaling: { ...bounds.get(alias)! },
    environment,
    ...(alias === 'api' ? { routes: [{ path: '/api' }] } : {}),
  }));
  return stringify({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: APPLICATION, tenant: TENANT },
    spec: { components },
  });
}
