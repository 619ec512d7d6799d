import { beforeEach, expect, test } from '@jest/globals';
import type { KubernetesObject, V1Secret } from '@kubernetes/client-node';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';
import { Namespaces } from './namespaces.ts';

const PLACE = { namespace: 'cartwright-acme', tenant: 'acme' } as const;

let pull: string | undefined;
let writes: string[];
let secret: V1Secret | undefined;
let isUsed: boolean;
let allowed: PodSecurity | undefined;
/** The namespace as it was applied last. */
let present: KubernetesObject;

beforeEach(() => {
  pull = undefined;
  writes = [];
  secret = undefined;
  isUsed = true;
  allowed = undefined;
});

function namespaces(): Namespaces {
  const same = (one: V1Secret): boolean => JSON.stringify(one) === JSON.stringify(secret);
  return new Namespaces({
    ...{ platform: 'p1', ca: null, reachable: { platform: [] }, buildMemoryBytes: 0 },
    shareOf: async () => undefined,
    podSecurityOf: () => allowed,
    pullSecretOf: async () => pull,
    writes: {
      apply: async <T extends KubernetesObject>(object: T) => {
        writes.push(object.kind!);
        if (object.kind === 'Namespace') present = object;
        return object;
      },
      keepSecret: async (one) => {
        if (!same(one)) writes.push('Secret');
        secret = one;
      },
      isWritten: async (one) => same(one),
      dropSecret: async () => {
        writes.push('no Secret');
        secret = undefined;
      },
    },
    inUse: () => (isUsed ? [PLACE] : []),
    inTurn: (_namespace, work) => work(),
    onProblem: (error) => {
      throw error;
    },
  });
}

/** Of a control plane that was just started, and has seen what there is. */
function begun(): Namespaces {
  const all = namespaces();
  all.seen(present);
  return all;
}

const held = (): string => Buffer.from(secret!.data!['.dockerconfigjson']!, 'base64').toString();

test('a tenant’s namespace comes first, then what is pulled with, empty where no registry wants a password', async () => {
  await namespaces().prepare(PLACE.namespace, PLACE.tenant);
  expect(writes.slice(0, 3)).toEqual(['Namespace', 'Secret', 'ServiceAccount']);
  expect(held()).toBe('{"auths":{}}');
  expect(secret).toMatchObject({ type: 'kubernetes.io/dockerconfigjson', metadata: { name: 'cartwright-pull' } });
});

test('what is pulled with is written when it changes, and taken away when it is unset, without anything being begun', async () => {
  const all = namespaces();
  await all.prepare(PLACE.namespace, PLACE.tenant);
  for (const text of ['{"auths":{"a":{}}}', '{"auths":{"b":{}}}']) {
    pull = text;
    await all.look();
    expect(held()).toBe(text);
  }
  pull = undefined;
  await all.look();
  expect(held()).toBe('{"auths":{}}');
  const before = writes.length;
  await all.look();
  expect(writes).toHaveLength(before);
});

test('a control plane that starts writes nothing to what is as it is to be, and what was unset meanwhile', async () => {
  pull = '{"auths":{"a":{}}}';
  await namespaces().prepare(PLACE.namespace, PLACE.tenant);
  writes = [];
  await begun().look();
  expect(writes).toEqual([]);
  pull = undefined;
  await begun().look();
  expect(held()).toBe('{"auths":{}}');
});

test('a control plane that starts with another level for the tenant has its namespace enforce it, before anything is begun', async () => {
  const enforced = () => present.metadata?.labels?.['pod-security.kubernetes.io/enforce'];
  await namespaces().prepare(PLACE.namespace, PLACE.tenant);
  for (const level of ['baseline', undefined] as const) {
    allowed = level;
    await begun().look();
    expect(enforced()).toBe(level ?? 'restricted');
    const before = writes.length;
    await begun().look();
    expect(writes).toHaveLength(before);
  }
});

test('no password stays where nothing runs any more, also when nobody was there to see it end; it comes back with what runs', async () => {
  pull = '{"auths":{"a":{}}}';
  await namespaces().prepare(PLACE.namespace, PLACE.tenant);
  const all = namespaces();
  all.seen(present);
  isUsed = false;
  await all.look();
  expect(secret).toBeUndefined();
  const before = writes.length;
  await all.look();
  expect(writes).toHaveLength(before);
  await all.prepare(PLACE.namespace, PLACE.tenant);
  isUsed = true;
  await all.look();
  expect(held()).toBe(pull);
});

test('what is pulled with stays where something is about to begin and is not seen yet', async () => {
  const all = namespaces();
  isUsed = false;
  await all.prepare(PLACE.namespace, PLACE.tenant);
  all.seen(present);
  await all.look();
  expect(secret).toBeDefined();
  // It never came.
  await all.look();
  expect(secret).toBeUndefined();
});

test('one that somebody has deleted is written again', async () => {
  const all = namespaces();
  await all.prepare(PLACE.namespace, PLACE.tenant);
  const gone = secret!;
  secret = undefined;
  await all.restore(gone);
  expect(held()).toBe('{"auths":{}}');
});
