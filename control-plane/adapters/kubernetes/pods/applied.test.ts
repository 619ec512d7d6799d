import { expect, test } from '@jest/globals';
import { Applied } from './applied.ts';

const service = (port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'acme' },
  spec: { ports: [{ port }] },
});

test('what was applied is as applied until it is to be another', () => {
  const applied = new Applied();
  expect(applied.isAsApplied(service(80))).toBe(false);
  applied.put(service(80));
  expect(applied.isAsApplied(service(80))).toBe(true);
  expect(applied.isAsApplied(service(81))).toBe(false);
});

test('what somebody else has changed or deleted is not as applied before it is applied again', () => {
  const applied = new Applied();
  applied.put(service(80));
  applied.doubt(service(81));
  expect(applied.isAsApplied(service(80))).toBe(false);
  // It is still known what it is to be.
  expect(applied.wanted(service(81))).toEqual(service(80));
  applied.put(service(80));
  expect(applied.isAsApplied(service(80))).toBe(true);
});

test('what we have deleted is not as applied', () => {
  const applied = new Applied();
  applied.put(service(80));
  applied.leave(service(80));
  expect(applied.isAsApplied(service(80))).toBe(false);
});
