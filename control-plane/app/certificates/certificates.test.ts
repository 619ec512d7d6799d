import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { issue, selfSigned } from '../../../test/support/certificate.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { rekey } from '../configuration/rekey.ts';
import { InstanceAccess } from '../instance-access.ts';
import { makeTopology } from '../publish/documents.ts';
import type { Principal } from '../principal.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import { checkCertificate } from './check.ts';
import { ExpiryWatch, noticeFor } from './expiry-watch.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2027-01-01');
const ANN: Principal = { token: 'ann', name: 'ann', role: 'deployer', tenant: 'acme', application: null };
const SHOP = selfSigned('shop.example.org');

/** DER of a certificate's subject, which stands behind its validity (RFC 5280, 4.1). */
function subjectOf({ raw }: X509Certificate): Buffer {
  let at = headerOf(raw, headerOf(raw, 0).content).content;
  // Version, serial number, algorithm, issuer, validity.
  for (let field = 0; field < 5; field += 1) at = headerOf(raw, at).end;
  return raw.subarray(at, headerOf(raw, at).end);
}

function headerOf(der: Buffer, at: number): { content: number; end: number } {
  const first = der[at + 1]!;
  const digits = first < 0x80 ? 0 : first - 0x80;
  const length = digits === 0 ? first : der.readUIntBE(at + 2, digits);
  const content = at + 2 + digits;
  return { content, end: content + length };
}

function refused(host: string, chain: string, key: string): string {
  try {
    checkCertificate({ host, chain, key }, NOW);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID' });
    const { message } = error as Error;
    expect(message).not.toContain(key.split('\n')[1] ?? key);
    return message;
  }
  throw new Error('it was not refused');
}

describe('a certificate that is given', () => {
  test('is taken for a host that it names, and says which and until when', () => {
    const checked = checkCertificate({ host: 'shop.example.org', chain: SHOP.cert, key: SHOP.key }, NOW).certificate;
    expect(checked).toMatchObject({ hosts: ['shop.example.org'], notAfter: Date.parse('2049-01-01') });
    const wild = selfSigned('*.example.org');
    expect(
      checkCertificate({ host: '*.example.org', chain: wild.cert, key: wild.key }, NOW).certificate.hosts,
    ).toHaveLength(1);
    expect(
      checkCertificate({ host: 'a.example.org', chain: wild.cert, key: wild.key }, NOW).certificate.hosts,
    ).toHaveLength(1);
    expect(refused('a.b.example.org', wild.cert, wild.key)).toContain('not for a.b.example.org');
    expect(refused('*.example.org', SHOP.cert, SHOP.key)).toContain('it names shop.example.org');
  });

  test('is refused with the reason where it could not serve', () => {
    const other = selfSigned('shop.example.org');
    const old = selfSigned('shop.example.org', { until: new Date('2026-12-31') });
    const young = selfSigned('shop.example.org', { from: new Date('2027-06-01') });
    const host = 'shop.example.org';
    expect(refused(host, SHOP.cert, other.key)).toMatch(/^key: it is not that/);
    expect(refused(host, old.cert, old.key)).toContain('has expired on 2026-12-31');
    expect(refused(host, young.cert, young.key)).toContain('good from 2027-06-01');
    expect(refused(host, SHOP.cert + other.cert, SHOP.key)).toContain('was not issued by certificate 2');
    expect(refused(host, 'no PEM', SHOP.key)).toMatch(/^chain: expected/);
    expect(refused(host, SHOP.cert + SHOP.key, SHOP.key)).toContain('no private key');
    expect(refused(host, SHOP.cert.replace('MII', 'AAA').replace(/M../, 'AAA'), SHOP.key)).toMatch(/^chain: /);
    expect(refused(host, SHOP.cert, 'no key')).toMatch(/^key: expected/);
    expect(refused('shop_.example.org', SHOP.cert, SHOP.key)).toMatch(/^host: expected/);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    expect(refused(host, SHOP.cert, locked.toString())).toContain('passphrase');
  });
});

describe('the chain of a certificate', () => {
  const host = 'shop.example.org';
  const root = issue('Private Root', { isAuthority: true });
  const intermediate = issue('Intermediate', { by: root, isAuthority: true });
  const leaf = issue(host, { by: intermediate });
  const warnings = (...chain: readonly { cert: string }[]) =>
    checkCertificate({ host, chain: chain.map(({ cert }) => cert).join(''), key: leaf.key }, NOW).warnings;

  test('is taken up to a root that nobody here knows, without a word', () => {
    expect(warnings(leaf, intermediate, root)).toEqual([]);
  });

  test('is taken where an intermediate is missing, and the issuer that is missing is told', () => {
    expect(warnings(leaf)).toEqual([
      expect.stringMatching(/^chain: certificate 1 was issued by "CN=Intermediate", which is neither in the chain/),
    ]);
    expect(warnings(leaf, intermediate)).toEqual([
      expect.stringMatching(/^chain: certificate 2 was issued by "CN=Private Root"/),
    ]);
  });

  test('that ends below a public root needs no root', () => {
    const known = new X509Certificate(rootCertificates[0]!);
    const below = issue(host, { by: { ...root, subject: subjectOf(known) } });
    expect(checkCertificate({ host, chain: below.cert, key: below.key }, NOW).warnings).toEqual([]);
  });

  test('of one self-signed certificate is told', () => {
    expect(checkCertificate({ host, chain: SHOP.cert, key: SHOP.key }, NOW).warnings).toEqual([
      expect.stringContaining('self-signed'),
    ]);
  });

  test('is refused where one was not issued by the next, has the issuer’s name only, may not issue others, or has expired', () => {
    const namesake = issue('Intermediate', { by: root, isAuthority: true });
    const ordinary = issue('Intermediate', { by: root });
    const byOrdinary = issue(host, { by: ordinary });
    const expired = issue('Intermediate', { by: root, isAuthority: true, until: new Date('2026-06-01') });
    const byExpired = issue(host, { by: expired });
    const chain = (...parts: readonly { cert: string }[]) => parts.map(({ cert }) => cert).join('');
    expect(refused(host, chain(leaf, root, intermediate), leaf.key)).toContain('1 was not issued by certificate 2');
    expect(refused(host, chain(leaf, namesake, root), leaf.key)).toContain('1 was not issued by certificate 2');
    expect(refused(host, chain(leaf, intermediate, issue('Private Root')), leaf.key)).toContain('2 was not issued by');
    expect(refused(host, chain(byOrdinary, ordinary, root), byOrdinary.key)).toContain(
      'certificate 2 may not issue others',
    );
    expect(refused(host, chain(byExpired, expired, root), byExpired.key)).toContain(
      'certificate 2 has expired on 2026-06-01',
    );
    expect(refused(host, chain(intermediate, root), leaf.key)).toMatch(/^key: it is not that/);
  });
});

describe('the certificates of an application', () => {
  let platform: Platform;
  beforeEach(async () => {
    platform = await Platform.open();
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
    await platform.apply(application('blog', [{ alias: 'web', cartridge: 'node' }]));
  });
  afterEach(() => platform[Symbol.asyncDispose]());

  const set = (host: string, { cert: chain, key } = selfSigned(host), isDefault = false) =>
    platform.parts.mutations.setCertificate(ANN, { application: 'shop', host, chain, key, isDefault });
  const revision = () => platform.parts.fleet.certificates.get(platform.cluster('lb').record.applicationUid);
  const access = () =>
    new InstanceAccess(platform.database, createVault(platform.keys), () => platform.now, platform.tokenTimes);
  const identity = (alias: string, of = 'shop') => ({
    ...{ instance: 'i', cluster: platform.cluster(alias, of).record.uid, tenant: 'acme' },
  });

  test('are what its load balancers may fetch, and nobody else', async () => {
    await set('shop.example.org', SHOP);
    const held = await access().certificates(identity('lb'));
    expect(held).toEqual({
      v: 1,
      revision: revision(),
      certificates: [{ host: 'shop.example.org', chain: SHOP.cert, key: SHOP.key, isDefault: false }],
    });
    expect(await access().certificates(identity('web'))).toBeUndefined();
    expect((await access().certificates(identity('lb', 'blog')))?.certificates).toEqual([]);
  });

  test('are told by their revision in the balancer’s own topology, another one with each change', async () => {
    const certificates = { revision: 'r', url: 'http://127.0.0.1/certificates' };
    expect(makeTopology(platform.cluster('lb'), [], 1, 1, certificates)).toMatchObject({ certificates });
    expect(makeTopology(platform.cluster('web'), [], 1, 1, certificates)).not.toHaveProperty('certificates');
    expect(revision()).toBeUndefined();
    await set('shop.example.org');
    const first = revision();
    await set('shop.example.org');
    expect([first, revision()]).toEqual([expect.any(String), expect.not.stringMatching(first!)]);
    await platform.parts.mutations.deleteCertificate(ANN, { application: 'shop', host: 'shop.example.org' });
    expect(revision()).toBeUndefined();
  });

  test('have one default at most, the last one that was set so', async () => {
    await set('shop.example.org', undefined, true);
    await set('SHOP2.example.org.', selfSigned('shop2.example.org'), true);
    const shop = platform.parts.fleet.application('acme', 'shop')!;
    const shown = await platform.parts.queries.certificates(ANN, shop);
    expect(shown.map(({ name, isDefault, version }) => [name, isDefault, version])).toEqual([
      ['shop.example.org', false, 1],
      ['shop2.example.org', true, 1],
    ]);
  });

  test('are in no event, answer or record in a readable form, and move to a newer key', async () => {
    const answer = await set('shop.example.org', SHOP);
    const secret = SHOP.key.split('\n')[1]!;
    const told = [answer, await platform.events('certificate.set'), await platform.database.certificates.find({})];
    expect(JSON.stringify(told)).toContain('shop.example.org');
    expect(JSON.stringify(told)).not.toContain(secret);
    const vault = createVault([...platform.keys, testKey()]);
    expect(await rekey(platform.database, vault)).toEqual({ count: 1, lost: [] });
    expect((await rekey(platform.database, createVault([testKey()]))).lost).toHaveLength(1);
  });

  test('end with an event some days before, once for each notice and again after they were renewed', async () => {
    const until = new Date(platform.now + 10 * DAY);
    await set('shop.example.org', selfSigned('shop.example.org', { until }));
    const failures: Error[] = [];
    const watch = new ExpiryWatch({
      ...{ store: platform.database, events: platform.parts.events, onFailure: (error) => failures.push(error) },
      clock: { now: () => platform.now, setInterval: () => ({ cancel: () => undefined }) },
    });
    const told = async () => {
      await watch.look();
      await watch.look();
      return [
        ...(await platform.events('certificate.expiring')),
        ...(await platform.events('certificate.expired')),
      ].map(({ data }) => data.withinDays);
    };
    expect(await told()).toEqual([14]);
    platform.now += 9 * DAY;
    expect(await told()).toEqual([14, 1]);
    platform.now += 2 * DAY;
    expect(await told()).toEqual([14, 1, 0]);
    expect(failures).toEqual([]);
  });
});

test('notices come in their order and never twice', () => {
  const at = (days: number, noticedDays: number | null) =>
    noticeFor({ notAfter: 100 * DAY, noticedDays }, (100 - days) * DAY);
  expect([at(15, null), at(14, null), at(13, 14), at(6, 14), at(0.5, 7), at(0, 1), at(-5, 0)]).toEqual([
    ...[null, 14, null, 7, 1, 0, null],
  ]);
});
