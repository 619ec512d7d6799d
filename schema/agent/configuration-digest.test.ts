import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalConfiguration } from './configuration-digest.ts';
import { releaseConfiguration, type ReleaseConfiguration } from './instance.ts';

test('the body is JSON with sorted fields and the digest that of its bytes', () => {
  const { body, digest } = canonicalConfiguration({
    v: 1,
    release: 'r1',
    start: ['node', 'a.js'],
    environment: { b: 'ü\u2028', A: '"1"' },
  });
  expect(body).toBe('{"environment":{"A":"\\"1\\"","b":"ü\u2028"},"release":"r1","start":["node","a.js"],"v":1}');
  expect(digest).toBe(createHash('sha256').update(Buffer.from(body)).digest('hex'));
});

test('the order in which fields were set, and fields that are undefined, change nothing', () => {
  const one = { v: 1, release: 'r', environment: { A: '1', B: '2' }, readiness: undefined } as ReleaseConfiguration;
  const two: ReleaseConfiguration = { environment: { B: '2', A: '1' }, release: 'r', v: 1 };
  expect(canonicalConfiguration(one)).toEqual(canonicalConfiguration(two));
});

test('what is read back from the body is what was given', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/);
  fc.assert(
    fc.property(fc.dictionary(name, fc.string(), { maxKeys: 5 }), (environment) => {
      const configuration: ReleaseConfiguration = { v: 1, release: 'r1', environment: { ...environment } };
      const { body, digest } = canonicalConfiguration(configuration);
      const back = releaseConfiguration.parse(JSON.parse(body));
      expect(canonicalConfiguration(back).digest).toBe(digest);
      expect(back.environment).toEqual(configuration.environment);
    }),
  );
});
