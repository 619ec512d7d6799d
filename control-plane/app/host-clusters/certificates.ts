/** Certificates of a host cluster's credential, looked at when they are given and not at the first handshake. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { HostClusterCredential } from './credential.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Bundles of authorities may be long; Mozilla's has some 150. */
const MOST_AUTHORITIES = 300;
const MOST_IN_A_CHAIN = 10;

/** The certificates as PEM, and nothing else that stood around them. Throws what `failure` makes. */
export function readAuthorities(pem: string, failure: (message: string) => Error): string {
  return read(pem, MOST_AUTHORITIES, failure)
    .map((certificate) => certificate.toString())
    .join('');
}

/** The client's chain and key as PEM. Throws what `failure` makes, which quotes nothing of the key. */
export function checkClientCertificate(
  given: { readonly chain: string; readonly key: string },
  now: number,
  failure: (field: 'chain' | 'key', message: string) => Error,
): { readonly chain: string; readonly key: string } {
  const chain = read(given.chain, MOST_IN_A_CHAIN, (message) => failure('chain', message));
  const own = chain[0]!;
  if (own.validToDate.getTime() <= now)
    throw failure(
      'chain',
      `the certificate has expired on ${own.validToDate.toISOString()}; ask the cluster for another`,
    );
  if (own.validFromDate.getTime() > now)
    throw failure('chain', `the certificate is good from ${own.validFromDate.toISOString()} only; compare the clocks`);
  const key = readKey(given.key);
  if (key === undefined) throw failure('key', 'expected a private key in PEM, without a passphrase');
  if (!own.checkPrivateKey(key)) throw failure('key', 'it is not the key of the certificate');
  return { chain: chain.map((certificate) => certificate.toString()).join(''), key: given.key };
}

/** When a credential ends, in milliseconds since the epoch: its client certificate, or its token if that says it; null: nobody knows. */
export function endOfCredential({ user }: HostClusterCredential): number | null {
  if (user.kind === 'certificate') return new X509Certificate(user.chain).validToDate.getTime();
  return user.kind === 'token' ? endOfToken(user.token) : null;
}

/** A service account's token is a JWT (RFC 7519), whose claim `exp` is in seconds; others say nothing. */
export function endOfToken(token: string): number | null {
  const claims = token.split('.');
  if (claims.length !== 3) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(claims[1]!, 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null;
  } catch {
    // No JWT at all, which is no fault: tokens may be anything.
    return null;
  }
}

function read(pem: string, most: number, failure: (message: string) => Error): X509Certificate[] {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length > most)
    throw failure(`expected 1 to ${most} certificates in PEM (-----BEGIN CERTIFICATE-----), found ${blocks.length}`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw failure(`certificate ${index + 1} cannot be read`);
    }
  });
}

function readKey(pem: string): KeyObject | undefined {
  if (/ENCRYPTED/.test(pem)) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says of it helps nobody, and what is given may be anything.
    return undefined;
  }
}
