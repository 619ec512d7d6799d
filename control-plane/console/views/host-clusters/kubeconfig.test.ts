import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { lookAt, minified } from './kubeconfig.ts';

const config = (user: object = { token: 'secret-one' }) =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c1', user: 'u1' } },
      { name: 'two', context: { cluster: 'c2', user: 'u2' } },
      { name: 'lost', context: { cluster: 'none', user: 'u2' } },
    ],
    clusters: [
      { name: 'c1', cluster: { server: 'https://one.example.org' } },
      { name: 'c2', cluster: { server: 'https://two.example.org' } },
    ],
    users: [
      { name: 'u1', user },
      { name: 'u2', user: { token: 'secret-two' } },
    ],
  });

test('its contexts can be chosen from, and nothing else of it is told', () => {
  const looked = lookAt(config());
  expect(looked).toEqual({ kind: 'readable', contexts: ['one', 'two', 'lost'], current: 'one' });
  expect(JSON.stringify(looked)).not.toContain('secret');
});

test.each(['  \n', ''])('%j is nothing yet', (text) => {
  expect(lookAt(text)).toEqual({ kind: 'empty' });
});

test.each(['kind: Pod', 'a: [', '- 1', '{"kind":"Config","contexts":[]}'])(
  '%j is no kubeconfig that one can use',
  (text) => {
    expect(lookAt(text)).toMatchObject({ kind: 'faulty' });
  },
);

test.each([
  ['', 'one.example.org', 'two'],
  ['two', 'two.example.org', 'one'],
])('of the context "%s" only its own is sent', (context, server, other) => {
  const result = minified(config(), context);
  expect(result).toMatchObject({ kind: 'minified', text: expect.stringContaining(server) });
  expect(JSON.stringify(result)).not.toContain(`secret-${other}`);
});

test('a context without a cluster is named', () => {
  expect(minified(config(), 'lost')).toEqual({ kind: 'faulty', message: expect.stringContaining('"lost"') });
  expect(minified(config(), 'x')).toMatchObject({ kind: 'faulty' });
});

test('files of a machine are of no use, and what to do is said', () => {
  const result = minified(config({ 'client-certificate': '/home/me/cert.pem', 'client-key': '/home/me/key.pem' }), '');
  expect(result).toEqual({
    kind: 'faulty',
    message: expect.stringMatching(/client-certificate, client-key.*kubectl config view --raw --minify --flatten/),
  });
});

test('whatever is pasted, nothing breaks', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      (text) => {
        lookAt(text);
        minified(text, '');
      },
    ),
  );
});
