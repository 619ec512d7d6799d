import { expect, test } from '@jest/globals';
import { chainOf, type ChainEvent } from './why.ts';

const AT = '2026-11-30T09:00:00.000Z';
const event = (type: string, data: unknown): ChainEvent => ({ at: AT, type, data });
const instance = {
  cause: 'd1',
  placement: { hostCluster: 'home', partition: 'own' },
  observed: { objects: [{ kind: 'Pod', name: 'ns/web-x', detail: 'Running on node-1' }] },
};
const texts = (...args: Parameters<typeof chainOf>): string[] =>
  chainOf(...args).map(({ label, text }) => `${label}: ${text}`);

test('the chain goes from the decision over the place and the object to what happened', () => {
  expect(
    texts(instance, { at: AT, sentence: 'from 1 to 2: load' }, [
      event('instance.created', { why: 'the first that takes it' }),
      event('instance.starting', { reason: { code: 'x', message: 'not ready yet' } }),
      event('instance.faulty', { reason: 'gone' }),
      event('instance.active', {}),
    ]),
  ).toEqual([
    'Decision: from 1 to 2: load',
    'Placement: own on home: the first that takes it',
    'Object: Pod ns/web-x: Running on node-1',
    'Event: instance.created: the first that takes it',
    'Event: instance.starting: not ready yet',
    'Event: instance.faulty: gone',
    'Event: instance.active',
  ]);
});

test('what is not known is said to be so', () => {
  expect(texts({ cause: null, placement: null, observed: null }, null, [])).toEqual([
    'Decision: none: nothing was decided for it',
    'Placement: not known',
    'Object: none is known to its host cluster (any more)',
  ]);
  expect(texts(instance, null, [])[0]).toBe('Decision: none that is kept: it was asked for by d1');
});

test('events of other forms are told by their type alone', () => {
  for (const data of [null, 'text', 7, [], { reason: 7 }, { reason: { message: 7 } }, { message: {} }])
    expect(texts(instance, null, [event('instance.x', data)]).at(-1)).toBe('Event: instance.x');
});
