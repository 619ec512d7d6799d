import { expect, test } from '@jest/globals';
import { auditVariables } from './audit-filter.ts';
import { changesOf, objectText } from './record.ts';
import { auditSearch } from './search.ts';

test('what the address says is asked for', () => {
  const search = auditSearch({
    actor: 'ann',
    mutation: 'deploy',
    object: 'shop/web',
    outcome: 'REFUSED',
    from: '2026-01-31T18:00',
    before: 'cursor',
    other: 'x',
  });
  expect(auditVariables(search, 'default')).toEqual({
    tenant: 'default',
    actor: 'ann',
    mutation: 'deploy',
    object: 'shop/web',
    outcome: 'REFUSED',
    from: new Date(2026, 0, 31, 18).toISOString(),
    before: 'cursor',
  });
});

test('what nobody understands is left out', () => {
  expect(auditVariables(auditSearch({ outcome: 'maybe', from: 'tomorrow', to: '', actor: 7 }), null)).toEqual({
    actor: '7',
  });
});

test('changes are told by path, whatever side they are on', () => {
  expect(changesOf({ before: { wanted: 1, 'override.kind': 'pin' }, after: { wanted: 2, paused: true } })).toEqual([
    { path: ['wanted'], before: 1, after: 2 },
    { path: ['override.kind'], before: 'pin', after: undefined },
    { path: ['paused'], before: undefined, after: true },
  ]);
  expect(changesOf({ before: null, after: null })).toEqual([]);
});

test('what it was about has a name, or its uid', () => {
  expect(objectText({ object: { kind: 'Token', name: 'ci', uid: 'u' } })).toBe('Token ci');
  expect(objectText({ object: { kind: 'Token', name: null, uid: 'u' } })).toBe('Token u');
  expect(objectText({ object: null })).toBe('');
});
