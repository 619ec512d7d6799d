import { describe, expect, test } from '@jest/globals';
import { isDecisionDue } from './loop.ts';

describe('when the next decision is due', () => {
  const due = (sinceDecision: number, sinceDemand: number) =>
    isDecisionDue(100_000, { lastDecidedAt: 100_000 - sinceDecision, demandAt: 100_000 - sinceDemand });
  test('never twice a second', () => {
    expect(due(900, 0)).toBe(false);
  });
  test('at once when a load balancer has reported since the last one', () => {
    expect(due(960, 10)).toBe(true);
  });
  test('a report that is about to come is waited for, but not long', () => {
    expect(due(1000, 1100)).toBe(false);
    expect(due(1300, 1400)).toBe(true);
  });
  test('once a second where no load balancer reports', () => {
    expect(due(960, 60_000)).toBe(true);
  });
});
