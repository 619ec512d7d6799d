import { describe, expect, test } from '@jest/globals';
import { decide } from './decide.ts';
import type { DecisionInput } from './decision.ts';
import { explain } from './explain.ts';
import { inFlight, inputOf, NOW, POLICY, windowOf } from './testing/inputs.ts';

function sentence(change: Partial<DecisionInput>): string {
  const input = inputOf(change);
  return explain(decide(input), input);
}
const demand = (total: number) => ({ factors: [inFlight(windowOf(total))] });

describe('the sentence of a decision', () => {
  test.each<[string, Partial<DecisionInput>, string]>([
    [
      'to grow',
      demand(45),
      'php: 3 → 5 instances, because requests in flight will reach 45 (±0) in 24 s and 3 instances carry 30; no clamp.',
    ],
    [
      'to shrink',
      demand(8),
      'php: 3 → 1 instance, because requests in flight will be 8 (±0) in 24 s and 3 instances carry 30; no clamp.',
    ],
    [
      'to grow less than asked for',
      { ...demand(90), quota: 4 },
      "php: 3 → 4 instances, because requests in flight will reach 90 (±0) in 24 s and 3 instances carry 30; quota made it 4 (the tenant's quota allows 4).",
    ],
    ['to hold', {}, 'php: stays at 3 instances: requests in flight will be 25 (±0) in 24 s and 3 instances carry 30.'],
    [
      'to hold against the forecast',
      { ...demand(8), errorShare: 0.2 },
      'php: stays at 3 instances instead of 1: 20 % of requests fail; requests in flight will be 8 (±0) in 24 s and 3 instances carry 30.',
    ],
    [
      'that is not acted on',
      { ...demand(45), paused: true },
      'php: stays at 3 instances instead of 5: autoscaling is paused; requests in flight will reach 45 (±0) in 24 s and 3 instances carry 30.',
    ],
    [
      'that people stopped',
      { ...demand(45), stopped: { by: 'ann', reason: 'maintenance' } },
      'php: 3 → 0 instances, because stopped by ann (maintenance); no clamp.',
    ],
    [
      'of what is stopped already',
      { ...demand(45), wanted: 0, stopped: { by: 'ann', reason: 'maintenance' } },
      'php: stays at 0 instances instead of 5: stopped by ann (maintenance); requests in flight will reach 45 (±0) in 24 s and no instance is wanted yet.',
    ],
    [
      'of what is stopped and not asked for',
      { factors: [], wanted: 0, policy: { ...POLICY, minimum: 0 }, stopped: { by: 'ann', reason: 'maintenance' } },
      'php: stays at 0 instances: no factor takes part (none is set); stopped by ann (maintenance).',
    ],
    [
      'on a frozen platform',
      { ...demand(45), frozen: { by: 'ann', reason: 'we move the network' } },
      'php: stays at 3 instances instead of 5: the whole platform is frozen by ann (we move the network); requests in flight will reach 45 (±0) in 24 s and 3 instances carry 30.',
    ],
    [
      'on a frozen platform with nothing to hold back',
      { frozen: { by: 'ann', reason: 'we move the network' } },
      'php: stays at 3 instances: requests in flight will be 25 (±0) in 24 s and 3 instances carry 30; the whole platform is frozen by ann (we move the network).',
    ],
    [
      'on a frozen platform, up to what people ask for',
      {
        ...demand(65),
        frozen: { by: 'ann', reason: 'we move the network' },
        override: { kind: 'floor', instances: 4, reason: 'sale', expiresAt: NOW + 1 },
      },
      'php: 3 → 4 instances, because the whole platform is frozen by ann (we move the network), and 4 is what was asked for by hand; no clamp.',
    ],
    [
      'by hand',
      { override: { kind: 'pin', instances: 8, reason: 'sale', expiresAt: NOW + 1 } },
      'php: 3 → 8 instances, because pinned at 8 (sale); no clamp.',
    ],
    [
      'to activate',
      { wanted: 0, queued: 1, factors: [], policy: { ...POLICY, minimum: 0 } },
      'php: 0 → 1 instance, because 1 request queued and no instance wanted; no clamp.',
    ],
    [
      'without a factor',
      { factors: [{ name: 'loadAverage', target: 70, base: 0, window: [] }] },
      'php: stays at 3 instances: no factor takes part (loadAverage: no data).',
    ],
    [
      'while starts fail',
      { instances: { active: 2, starting: 0, failedStarting: 1, unreachable: 0 } },
      'php: stays at 3 instances: requests in flight will be 25 (±0) in 24 s and 3 instances carry 30; 1 instance failed to start.',
    ],
    [
      'on load average',
      { factors: [{ name: 'loadAverage', target: 70, base: 0, window: windowOf(420, { instances: 3 }) }] },
      'php: 3 → 6 instances, because load average will reach 420 % (±0) in 24 s and 3 instances carry 210 %; no clamp.',
    ],
    [
      'on memory',
      { factors: [{ name: 'memory', target: 80, base: 0, window: windowOf(270, { instances: 3 }) }] },
      'php: 3 → 4 instances, because memory: 90 per instance is above the target; no clamp.',
    ],
    [
      'that the bottleneck is elsewhere',
      {
        factors: [inFlight(windowOf(45, { saturated: true }))],
        history: [
          { at: NOW - 200_000, from: 1, to: 2, throughput: 99, inTrouble: true },
          { at: NOW - 100_000, from: 2, to: 3, throughput: 101, inTrouble: true },
        ],
      },
      'php: stays at 3 instances instead of 5: 3 instances answer 100 requests per second, 2 answered 101: the bottleneck is elsewhere; requests in flight will reach 45 (±0) in 24 s and 3 instances carry 30, requests queue.',
    ],
  ])('%s', (_name, change, expected) => {
    expect(sentence(change)).toBe(expected);
  });
});
