import { expect, test } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import { SecretCheck } from './secret-check.ts';

const secret = (name: string): KubernetesObject => ({ kind: 'Secret', metadata: { name, namespace: 'acme' } });
const [kept, changed, deleted, ended] = ['kept', 'changed', 'deleted', 'ended'].map(secret) as [
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
  KubernetesObject,
];

test('what was changed or deleted is put back and told of, and what went with its service cluster is not', async () => {
  const known = new Set([kept, changed, deleted, ended]);
  const restored: KubernetesObject[] = [];
  const told: unknown[] = [];
  const problems: unknown[] = [];
  const check = new SecretCheck({
    writes: {
      secrets: () => [...known],
      knows: (one) => known.has(one),
      isChanged: async (one) => {
        if (one === kept) return undefined;
        known.delete(one);
        return { secret: one, fields: one === changed ? ['data'] : [] };
      },
    },
    restore: async (one) => {
      restored.push(one);
      if (one !== ended) known.add(one);
    },
    onRestored: (one, fields) => told.push([one.metadata?.name, fields]),
    onProblem: (error) => problems.push(error),
  });
  await check.round();
  expect(restored).toEqual([changed, deleted, ended]);
  expect(told).toEqual([
    ['changed', ['data']],
    ['deleted', []],
  ]);
  expect(problems).toEqual([]);
});

test('one that cannot be asked for keeps no other from being looked at', async () => {
  const problems: unknown[] = [];
  const seen: unknown[] = [];
  const check = new SecretCheck({
    writes: {
      secrets: () => [kept, changed],
      knows: () => true,
      isChanged: async (one) => {
        if (one === kept) throw new Error('away');
        return { secret: one, fields: ['data'] };
      },
    },
    restore: async (one) => void seen.push(one),
    onRestored: () => undefined,
    onProblem: (error) => problems.push(error),
  });
  await check.round();
  expect(seen).toEqual([changed]);
  expect(problems).toHaveLength(1);
});
