import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { damaged } from '../testing/hostile.ts';
import { AGENT_LEAVES, clusterTopic, COMMAND_LEAF, instanceTopic, parseTopic } from './topics.ts';

const name = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const key = fc.record({ tenant: name, application: name, alias: name });
const instanceKey = fc.record({ tenant: name, application: name, alias: name, instance: name });
const leaf = fc.constantFrom(...AGENT_LEAVES, COMMAND_LEAF);
const topic = fc.oneof(
  fc.tuple(key, fc.constantFrom('desired' as const, 'topology' as const)).map(([of, which]) => clusterTopic(of, which)),
  fc.tuple(instanceKey, leaf).map(([of, which]) => instanceTopic(of, which)),
);

/** The topic that a parsed one stands for. */
function rebuilt(parsed: NonNullable<ReturnType<typeof parseTopic>>): string {
  return parsed.kind === 'cluster' ? clusterTopic(parsed.key, parsed.leaf) : instanceTopic(parsed.key, parsed.leaf);
}

describe('a topic', () => {
  test('is read as it was built', () => {
    fc.assert(
      fc.property(instanceKey, leaf, (of, which) => {
        expect(parseTopic(instanceTopic(of, which))).toEqual({ kind: 'instance', key: of, leaf: which });
      }),
    );
  });

  test('that is read is exactly one that is built: no other spelling of it', () => {
    fc.assert(
      fc.property(fc.oneof(topic, topic.chain(damaged), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseTopic(text);
        if (parsed !== undefined) expect(rebuilt(parsed)).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['a wildcard', 'cartwright/v1/+/acme/shop/web/desired'],
    ['another shard', 'cartwright/v1/zz/acme/shop/web/desired'],
    [
      'another version',
      clusterTopic({ tenant: 'acme', application: 'shop', alias: 'web' }, 'desired').replace('v1', 'v2'),
    ],
    ['more levels', `${clusterTopic({ tenant: 'acme', application: 'shop', alias: 'web' }, 'desired')}/x`],
    ['nothing', ''],
    ['very much', '/'.repeat(100_000)],
  ])('with %s is none', (_, text) => {
    expect(parseTopic(text)).toBeUndefined();
  });
});
