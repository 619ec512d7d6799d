import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEvent } from './event.ts';
import { whyNotFollowed } from './follows.ts';
import { claimOf, marksOf, verdictOn, type Form, type Headers } from './proof.ts';
import { isSigned, secretText, signatureOf } from './standard.ts';

const SECRET = secretText(randomBytes(32));
const NOW = 1_800_000_000_000;
const BODY = Buffer.from('{"ref":"refs/heads/main","after":"a"}');
const hex = (body: Buffer, secret = SECRET) => createHmac('sha256', secret).update(body).digest('hex');
const verdict = (headers: Headers, body = BODY, secret = SECRET, now = NOW) => {
  const claim = claimOf(headers);
  return claim === null ? 'none' : verdictOn(claim, secret, body, now);
};
const signed = (timestamp: string, body = BODY, id = 'm1'): Headers => ({
  'webhook-id': id,
  'webhook-timestamp': timestamp,
  'webhook-signature': signatureOf(SECRET, { id, timestamp, body }),
});
const SECONDS = String(NOW / 1000);

describe('a proof', () => {
  const GOOD: readonly [Form, Headers][] = [
    ['github', { 'x-hub-signature-256': `sha256=${hex(BODY)}` }],
    ['gitea', { 'x-gitea-signature': hex(BODY), 'x-hub-signature-256': `sha256=${hex(BODY)}` }],
    ['gitlab', signed(SECONDS)],
    ['gitlab-token', { 'x-gitlab-token': SECRET }],
  ];
  test.each(GOOD)('of the form %s is good with the secret, and wrong with another', (form, headers) => {
    expect(claimOf(headers)?.form).toBe(form);
    expect(verdict(headers)).toBe('good');
    expect(verdict(headers, BODY, secretText(randomBytes(32)))).toBe('wrong');
  });
  test.each(GOOD.filter(([form]) => form !== 'gitlab-token'))(
    'of the form %s is wrong for a body that is one bit another',
    (_form, headers) => {
      const other = Buffer.from(BODY);
      other[3]! ^= 1;
      expect(verdict(headers, other)).toBe('wrong');
    },
  );

  test('is missing where no header, or a header twice, is there', () => {
    expect(verdict({})).toBe('none');
    expect(verdict({ 'x-hub-signature-256': [hex(BODY), hex(BODY)] })).toBe('none');
    expect(verdict({ 'webhook-signature': 'v1,x' })).toBe('none');
  });

  test('that is wrong is not made good by another one', () => {
    expect(
      verdict({
        'webhook-id': 'm',
        'webhook-timestamp': SECONDS,
        'webhook-signature': 'v1,',
        'x-gitlab-token': SECRET,
      }),
    ).toBe('wrong');
    expect(verdict({ 'x-gitea-signature': 'aa', 'x-hub-signature-256': `sha256=${hex(BODY)}` })).toBe('wrong');
  });

  test.each(['', 'sha256=', 'sha1=abc', `sha256=${'z'.repeat(64)}`, `sha256=${hex(BODY)}00`, hex(BODY)])(
    'of GitHub’s that reads %j is wrong',
    (signature) => expect(verdict({ 'x-hub-signature-256': signature })).toBe('wrong'),
  );

  test('of Standard Webhooks is stale more than five minutes off, and may be one of several', () => {
    const at = (offset: number) => verdict(signed(String(NOW / 1000 + offset)));
    expect([-301, -300, 300, 301].map(at)).toEqual(['stale', 'good', 'good', 'stale']);
    const header = `v1,other v1a,x ${signatureOf(SECRET, { id: 'm', timestamp: '5', body: BODY })}`;
    expect(isSigned(SECRET, { id: 'm', timestamp: '5', body: BODY }, header)).toBe(true);
    expect(isSigned(SECRET, { id: 'm', timestamp: '6', body: BODY }, header)).toBe(false);
    expect(verdict({ ...signed(SECONDS), 'webhook-timestamp': '1e9' })).toBe('wrong');
  });

  test('follows the published example of Standard Webhooks', () => {
    const parts = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: Buffer.from('{"test": 2432232314}'),
    };
    expect(signatureOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', parts)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('of any headers gives a verdict and never throws', () => {
    const names = [
      'x-hub-signature-256',
      'x-gitea-signature',
      'x-gitlab-token',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
    ];
    const headers = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(headers, fc.uint8Array(), (given, body) => {
        expect(['none', 'wrong']).toContain(verdict(given, Buffer.from(body)));
      }),
    );
  });
});

describe('what is remembered of a delivery', () => {
  const marks = (headers: Headers, body = BODY) => marksOf(claimOf(headers)!, body);

  test('is its id, and its body where the id was not signed with it', () => {
    const github = (id: string) => marks({ 'x-hub-signature-256': 'x', 'x-github-delivery': id });
    expect(github('a')).toHaveLength(2);
    expect(github('a')[1]).toBe(github('b')[1]);
    expect(github('a')[0]).not.toBe(github('b')[0]);
    expect(marks(signed(SECONDS))).toHaveLength(1);
    expect(marks({ 'x-gitlab-token': 'x' })).toHaveLength(1);
  });
});

describe('what a delivery says', () => {
  const json = 'application/json; charset=utf-8';
  const read = (body: string, name = 'push', form: Form = 'github', type = json) =>
    readEvent(form, name, type, Buffer.from(body));

  test('is the reference, the default branch, and whether it is gone', () => {
    expect(read('{"ref":"refs/heads/a/b","after":"1","repository":{"default_branch":"main"}}')).toEqual({
      kind: 'push',
      ref: 'refs/heads/a/b',
      defaultBranch: 'main',
      isGone: false,
    });
    const tag = `{"ref":"refs/tags/v1","after":"${'0'.repeat(40)}","project":{"default_branch":"trunk"}}`;
    expect(read(tag, 'Tag Push Hook', 'gitlab')).toMatchObject({
      ref: 'refs/tags/v1',
      defaultBranch: 'trunk',
      isGone: true,
    });
  });

  test('comes as a form, too', () => {
    const body = new URLSearchParams({ payload: '{"ref":"refs/heads/ü+&"}' }).toString();
    expect(read(body, 'push', 'github', 'application/x-www-form-urlencoded')).toMatchObject({ ref: 'refs/heads/ü+&' });
  });

  test('is a ping, or of no interest, by its name alone', () => {
    expect(read('no JSON', 'ping')).toEqual({ kind: 'ping' });
    expect(read('no JSON', 'issues')).toEqual({ kind: 'other', name: 'issues' });
    expect(read('{"ref":"refs/heads/main"}', 'push', 'gitlab')).toEqual({ kind: 'other', name: 'push' });
  });

  test.each(
    [
      '',
      'null',
      '[]',
      '{}',
      '"refs/heads/main"',
      '{"ref":"main"}',
      '{"ref":"refs/heads/"}',
      '{"ref":["refs/heads/main"]}',
      '{"ref":"refs/heads/a\\u0000b"}',
      '{"ref":"refs/heads/a\\nb"}',
      '{"__proto__":{"ref":"refs/heads/main"}}',
      `{"ref":"refs/heads/${'a'.repeat(1001)}"}`,
      '['.repeat(200_000),
    ].map((body) => [body.slice(0, 40), body] as const),
  )('%j cannot be read as a push', (_start, body) => expect(read(body).kind).toBe('unreadable'));

  test('that is not UTF-8, or of another type, cannot be read', () => {
    expect(readEvent('github', 'push', json, Buffer.from([0x22, 0xff, 0x22])).kind).toBe('unreadable');
    expect(read('{"ref":"refs/heads/main"}', 'push', 'github', 'text/xml').kind).toBe('unreadable');
    expect(readEvent('github', null, json, BODY).kind).toBe('unreadable');
  });

  test('of any bytes is an answer and no exception, and a push’s reference is a plain one', () => {
    const body = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record(
          {
            ref: fc.oneof(
              fc.string({ unit: 'binary' }).map((name) => `refs/heads/${name}`),
              fc.jsonValue(),
            ),
            after: fc.jsonValue(),
            repository: fc.oneof(fc.jsonValue(), fc.record({ default_branch: fc.jsonValue() })),
          },
          { requiredKeys: [] },
        )
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    const type = fc.constantFrom(json, 'application/x-www-form-urlencoded', 'APPLICATION/JSON', '', ';');
    const form = fc.constantFrom<Form>('github', 'gitea', 'gitlab', 'gitlab-token');
    fc.assert(
      fc.property(form, fc.constantFrom('push', 'Push Hook', 'ping', null), type, body, (host, name, kind, bytes) => {
        const event = readEvent(host, name, kind, bytes);
        if (event.kind === 'push') expect(event.ref).toMatch(/^refs\/(heads|tags)\/[^\p{Cc}\s]+$/u);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a source', () => {
  const push = (ref: string, defaultBranch: string | null = 'main', isGone = false) =>
    ({ kind: 'push', ref, defaultBranch, isGone }) as const;
  test.each([
    ['its branch', { branch: 'next' }, push('refs/heads/next'), null],
    ['no other branch', { branch: 'next' }, push('refs/heads/main'), /follows the branch next, not the branch main/],
    ['no tag of the branch’s name', { branch: 'v1' }, push('refs/tags/v1'), /not the tag v1/],
    ['its tag', { tag: 'v1' }, push('refs/tags/v1'), null],
    ['the default branch that the host names', {}, push('refs/heads/main'), null],
    ['not another than that', {}, push('refs/heads/next'), /branch main, not the branch next/],
    ['any branch where the host names none', {}, push('refs/heads/next', null), null],
    ['but no tag', {}, push('refs/tags/next', null), /default branch/],
    ['a commit for ever', { commit: 'a'.repeat(40) }, push('refs/heads/main'), /does not move/],
    ['no branch that was deleted', { branch: 'main' }, push('refs/heads/main', 'main', true), /was deleted/],
  ] as const)('follows %s', (_name, source, event, why) => {
    const found = whyNotFollowed(event, source);
    if (why === null) expect(found).toBeNull();
    else expect(found).toMatch(why);
  });
});
