import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { damaged, hostileJson, mutated, unsound } from '../testing/hostile.ts';
import { encodeLine, parseFromBalancer, parseToBalancer, type FromBalancer, type ToBalancer } from './load-balancer.ts';

const version = { uid: 'c1', epoch: 3, generation: 7 };
const FROM: readonly FromBalancer[] = [
  { type: 'hello', v: 1, program: 'lb node 24.21.0' },
  { type: 'applied', alias: 'web', ...version },
  { type: 'demand', uptimeSeconds: 12.5, targets: {} },
];
const TO: readonly ToBalancer[] = [
  {
    type: 'topology',
    alias: 'web',
    document: {
      v: 1,
      ...version,
      routes: [{ path: '/' }],
      concurrency: 0,
      members: [{ instance: 'i1', host: '127.0.0.1', port: 80, weight: 1, state: 'active' }],
    },
  },
  { type: 'removed', alias: 'web' },
  { type: 'aliases', aliases: ['web', 'lb'] },
  { type: 'drain' },
];

describe.each([
  ['to the agent', parseFromBalancer, FROM],
  ['to the balancer', parseToBalancer, TO],
] as const)('a line %s', (_, parse, messages) => {
  const check = (line: string): void => {
    const parsed = parse(line);
    if (!parsed.ok) return;
    expect(unsound(parsed.value)).toBeUndefined();
    expect(parse(encodeLine(parsed.value))).toEqual(parsed);
  };

  test('is read as it was written', () => {
    for (const message of messages) expect(parse(encodeLine(message))).toEqual({ ok: true, value: message });
  });

  test('with something wrong in it is read or refused, never thrown at the reader', () => {
    for (const message of messages) {
      fc.assert(
        fc.property(mutated(message), (value) => check(hostileJson(value))),
        { numRuns: 500 },
      );
      fc.assert(fc.property(damaged(encodeLine(message)), check), { numRuns: 200 });
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check));
    fc.assert(fc.property(fc.jsonValue(), (value) => check(JSON.stringify(value))));
  });
});
