import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { RIGHTS } from './rights.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const text = readFileSync(join(import.meta.dirname, '../../../deploy/kubernetes/cluster-role.yaml'), 'utf8');
const { rules } = parse(text) as { rules: readonly Rule[] };

test('the ClusterRole gives what a registration asks for, and nothing else', () => {
  const given = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource, verbs }))),
  );
  const sorted = (rights: typeof RIGHTS) =>
    rights.map(({ group, resource, verbs }) => `${group}/${resource}: ${verbs.toSorted().join(' ')}`).toSorted();
  expect(sorted(given)).toEqual(sorted(RIGHTS));
});

test('no rule is for everything, and each says why', () => {
  expect(text).not.toMatch(/\*/);
  expect(text.match(/^ {2}# .+\n(?: {2}# .+\n)* {2}- apiGroups/gm)).toHaveLength(rules.length);
});
