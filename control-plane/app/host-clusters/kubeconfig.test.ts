import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { issue } from '../../../test/support/certificate.ts';
import { RequestError } from '../errors.ts';
import { endOfCredential } from './certificates.ts';
import { LONGEST_KUBECONFIG, parseKubeconfig, type ReadKubeconfigOptions } from './kubeconfig.ts';
import { kubeconfig } from './testing/kubeconfig.ts';

const NOW = Date.parse('2026-06-01');
const RULES: ReadKubeconfigOptions = { commands: [], insecureHosts: [], now: NOW };
const authority = issue('authority.example.org', { isAuthority: true });
const client = issue('admin', { by: authority, until: new Date('2026-07-01') });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const certificate = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
const jwt = (claims: object): string =>
  `${base64('{}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

function refusal(text: string, options: Partial<ReadKubeconfigOptions> = {}): RequestError {
  try {
    parseKubeconfig(text, { ...RULES, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(RequestError);
    return error as RequestError;
  }
  throw new Error('it was not refused');
}

test('a kubeconfig comes down to one server and one user', () => {
  const found = parseKubeconfig(kubeconfig({ server: 'https://10.0.0.1:6443/', ca: authority.cert }), RULES);
  expect(found).toEqual({
    server: 'https://10.0.0.1:6443',
    context: 'main',
    ca: authority.cert,
    tlsServerName: null,
    isInsecure: false,
    proxyUrl: null,
    user: { kind: 'token', token: 'sesame' },
  });
});

test('a client certificate is taken with its key, and its end is known', () => {
  const found = parseKubeconfig(kubeconfig({ user: certificate }), RULES);
  expect(found.user).toEqual({ kind: 'certificate', chain: client.cert, key: client.key });
  expect(endOfCredential(found)).toBe(Date.parse('2026-07-01'));
});

test('a service account’s token says itself when it ends', () => {
  const token = jwt({ exp: NOW / 1000 + 60 });
  expect(endOfCredential(parseKubeconfig(kubeconfig({ user: { token } }), RULES))).toBe(NOW + 60_000);
  expect(endOfCredential(parseKubeconfig(kubeconfig({ user: { token: 'a.b.c' } }), RULES))).toBeNull();
});

test('of several contexts the current one is read, or the one that is named; the others may be broken', () => {
  const file = {
    clusters: [
      { name: 'a', cluster: { server: 'https://a:6443' } },
      {
        name: 'b',
        cluster: { server: 'https://b:6443', 'proxy-url': 'socks5://proxy:1080', 'tls-server-name': 'b.example.org' },
      },
      { name: 'c', cluster: { server: 7 } },
    ],
    contexts: ['a', 'b', 'c'].map((cluster) => ({ name: `at-${cluster}`, context: { cluster, user: 'somebody' } })),
    'current-context': 'at-a',
  };
  const read = (context?: string) => parseKubeconfig(kubeconfig({ file }), { ...RULES, context });
  expect(read().server).toBe('https://a:6443');
  expect(read('at-b')).toMatchObject({
    server: 'https://b:6443',
    proxyUrl: 'socks5://proxy:1080',
    tlsServerName: 'b.example.org',
  });
  expect(refusal(kubeconfig({ file }), { context: 'at-c' }).message).toContain('cluster.server');
  const missing = refusal(kubeconfig({ file }), { context: 'at-d' });
  expect([missing.field, missing.message]).toEqual([
    'context',
    'kubeconfig: there is no context "at-d"; there is "at-a", "at-b", "at-c"',
  ]);
});

test('a program for the credential is called only when an operator has named it', () => {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'aws',
    args: ['eks', 'get-token'],
    env: [{ name: 'AWS_PROFILE', value: 'prod' }],
  };
  const { message } = refusal(kubeconfig({ user: { exec } }));
  expect(message).toContain('"aws"');
  expect(message).toContain('CARTWRIGHT_HOST_CLUSTER_COMMANDS=aws');
  const allowed = { ...RULES, commands: ['aws'] };
  expect(parseKubeconfig(kubeconfig({ user: { exec } }), allowed).user).toEqual({
    kind: 'command',
    command: 'aws',
    arguments: ['eks', 'get-token'],
    environment: { AWS_PROFILE: 'prod' },
    apiVersion: 'client.authentication.k8s.io/v1',
  });
  expect(
    refusal(kubeconfig({ user: { exec: { ...exec, command: '/tmp/aws' } } }), { commands: ['aws'] }).message,
  ).toContain('/tmp/aws');
});

test.each([
  ['without TLS', { server: 'http://10.0.0.1:8080' }],
  ['with a certificate that nobody checks', { cluster: { 'insecure-skip-tls-verify': true } }],
])('a server %s is spoken to only when an operator has named its host', (_name, parts) => {
  expect(refusal(kubeconfig(parts)).message).toContain('CARTWRIGHT_HOST_CLUSTER_INSECURE_HOSTS=10.0.0.1');
  expect(parseKubeconfig(kubeconfig(parts), { ...RULES, insecureHosts: ['10.0.0.1'] }).isInsecure).toBe(true);
  expect(refusal(kubeconfig(parts), { insecureHosts: ['10.0.0.2'] }).code).toBe('INVALID');
});

const SECRET = 'hunter2-correct-horse';
const old = issue('old', { until: new Date('2026-05-31') });
const young = issue('young', { from: new Date('2026-06-02') });
describe('refused with what to do, and without a word of a value:', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '  \n', /empty/],
    ['too much', `#${'x'.repeat(LONGEST_KUBECONFIG)}`, /--minify --flatten/],
    ['broken YAML', `users: [\n  - {token: ${SECRET}`, /no valid YAML or JSON at line \d+/],
    ['an alias that leads nowhere', `users: *${SECRET}`, /aliases/],
    ['aliases that multiply', bomb(), /aliases/],
    ['a field that is given twice', `${SECRET}: 1\n${SECRET}: 2\n`, /twice/],
    ['a list', '- 1\n', /YAML|expected/],
    ['two documents', '---\na: 1\n---\nb: 1\n', /2 documents/],
    ['another kind', kubeconfig({ file: { kind: 'Secret' } }), /kind/],
    ['no current context', kubeconfig({ currentContext: null }), /no current-context.*"main"/],
    [
      'a current context that is not there',
      kubeconfig({ currentContext: 'gone' }),
      /no context "gone"; there is "main"/,
    ],
    ['no contexts at all', 'current-context: a\n', /no context "a"$/],
    ['a context without a cluster', kubeconfig({ file: { clusters: null } }), /no cluster "here"/],
    ['a context without a user', kubeconfig({ file: { users: [] } }), /no user "somebody"/],
    ['a server that is no URL', kubeconfig({ server: SECRET }), /cluster\.server: expected https/],
    ['a server with a password', kubeconfig({ server: `https://me:${SECRET}@host` }), /without user/],
    [
      'a file as the authority',
      kubeconfig({ cluster: { 'certificate-authority': '/etc/ca.crt' } }),
      /certificate-authority: it names a file.*--flatten/,
    ],
    ['an authority that is none', kubeconfig({ ca: SECRET }), /certificate-authority-data: expected 1 to/],
    [
      'an authority that cannot be read',
      kubeconfig({ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
      /certificate 1 cannot be read/,
    ],
    ['an authority that is no base64', kubeconfig({ cluster: { 'certificate-authority-data': '%%%' } }), /base64/],
    ['a proxy of an unknown kind', kubeconfig({ cluster: { 'proxy-url': `ftp://me:${SECRET}@host` } }), /proxy-url/],
    ['a user with nothing', kubeconfig({ user: {} }), /neither a token nor a client certificate/],
    ['a token of several lines', kubeconfig({ user: { token: `${SECRET}\nx` } }), /user\.token/],
    [
      'a token that has expired',
      kubeconfig({ user: { token: jwt({ exp: NOW / 1000 - 1, sub: SECRET }) } }),
      /user\.token: it has expired on 2026-05-31T23:59:59/,
    ],
    ['a token in a file', kubeconfig({ user: { tokenFile: '/run/token' } }), /tokenFile: it names a file/],
    [
      'a certificate in a file',
      kubeconfig({ user: { 'client-certificate': 'a.crt', 'client-key': 'a.key' } }),
      /client-certificate: it names a file/,
    ],
    [
      'a certificate without its key',
      kubeconfig({ user: { 'client-certificate-data': base64(client.cert) } }),
      /the key is missing/,
    ],
    [
      'another’s key',
      kubeconfig({ user: { ...certificate, 'client-key-data': base64(old.key) } }),
      /not the key of the certificate/,
    ],
    [
      'a key that is none',
      kubeconfig({ user: { ...certificate, 'client-key-data': base64(SECRET) } }),
      /private key in PEM/,
    ],
    [
      'a certificate that has expired',
      kubeconfig({ user: { 'client-certificate-data': base64(old.cert), 'client-key-data': base64(old.key) } }),
      /has expired on 2026-05-31/,
    ],
    [
      'a certificate that is not good yet',
      kubeconfig({ user: { 'client-certificate-data': base64(young.cert), 'client-key-data': base64(young.key) } }),
      /good from 2026-06-02/,
    ],
    ['a password', kubeconfig({ user: { username: 'me', password: SECRET } }), /no passwords/],
    ['acting as somebody else', kubeconfig({ user: { token: 'x', as: SECRET } }), /user\.as/],
    ['a provider of former days', kubeconfig({ user: { 'auth-provider': { name: 'gcp' } } }), /auth-provider/],
  ])('%s', (_name, text, expected) => {
    const { code, message, field } = refusal(text);
    expect(message).toMatch(expected);
    expect(message).not.toContain(SECRET);
    expect(code).toBe('INVALID');
    expect(['kubeconfig', 'context']).toContain(field);
  });
});

test('whatever is given, it is read or refused, and soon', () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 500 }),
    fc.json(),
    fc
      .record({ user: fc.dictionary(fc.string(), fc.jsonValue()), cluster: fc.dictionary(fc.string(), fc.jsonValue()) })
      .map(kubeconfig),
    fc
      .dictionary(fc.constantFrom('clusters', 'users', 'contexts', 'current-context', 'kind'), fc.jsonValue())
      .map((file) => kubeconfig({ file })),
  );
  fc.assert(
    fc.property(anything, (text) => {
      try {
        parseKubeconfig(text, RULES);
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError);
      }
    }),
    { numRuns: 500 },
  );
});

function bomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`,
  );
  return `l0: &l0 [x]\n${levels.join('\n')}\n`;
}
