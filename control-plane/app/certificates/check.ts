/** Whether a certificate can serve a host: looked at when it is given, where somebody reads the answer, and not at the first handshake. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { CERTIFICATE_HOST, LONGEST_CHAIN, LONGEST_KEY } from '../../../schema/agent/certificates.ts';
import { RequestError } from '../errors.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const LONGEST_CHAIN_LENGTH = 10;
/** What TLS libraries accept today (OpenSSL's security level 2). */
const LEAST_RSA_BITS = 2048;

interface CheckedCertificate {
  /** Hosts that it names, in lower case. */
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch; that of the first in the chain to end. */
  readonly notAfter: number;
  /** SHA-256 of the host's own certificate, hex digits in pairs. */
  readonly fingerprint: string;
}

/** What was found, and what is no reason to refuse it. */
export interface Checked {
  readonly certificate: CheckedCertificate;
  /** Sentences for who gave it. */
  readonly warnings: readonly string[];
}

/** Throws `RequestError` INVALID that says what is wrong and quotes nothing of the key. */
export function checkCertificate(
  { host, chain, key }: { readonly host: string; readonly chain: string; readonly key: string },
  now: number,
): Checked {
  if (host.length > 253 || !CERTIFICATE_HOST.test(host))
    throw invalid('host', `host: expected a name such as shop.example.org, or *.example.org for all names below it`);
  const certificates = readChain(chain);
  const own = certificates[0]!;
  checkKey(own, readKey(key));
  checkOrder(certificates);
  checkDates(certificates, now);
  const hosts = hostsOf(own);
  const isNamed = host.startsWith('*.')
    ? hosts.includes(host)
    : own.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
  if (!isNamed) {
    const named = hosts.length === 0 ? 'no host at all' : hosts.slice(0, 10).join(', ');
    throw invalid('chain', `chain: the certificate is not for ${host}: it names ${named} (subject alternative names)`);
  }
  return {
    certificate: {
      hosts,
      notAfter: Math.min(...certificates.map(({ validToDate }) => validToDate.getTime())),
      fingerprint: own.fingerprint256,
    },
    warnings: warningsOf(certificates),
  };
}

/**
 * Clients have to find a way from the host's certificate to an authority that they trust. Which ones they trust nobody here knows: a chain
 * may end in a private one. That it ends below one is worth a word.
 */
function warningsOf(certificates: readonly X509Certificate[]): string[] {
  const last = certificates.at(-1)!;
  if (isSelfIssued(last))
    return certificates.length > 1
      ? []
      : ['chain: the certificate is self-signed: only clients that were given it will trust it'];
  if (publicRoots().has(last.issuer)) return [];
  const issuer = last.issuer.split('\n').join(', ').slice(0, 300);
  return [
    `chain: certificate ${certificates.length} was issued by "${issuer}", which is neither in the chain nor one of the public roots: if that is an intermediate, most clients will refuse the connection; append its certificate (and those after it) to the chain`,
  ];
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

let roots: ReadonlySet<string> | undefined;

/** Subjects of the roots that Node brings (Mozilla's). Read once, when the first chain needs them. */
function publicRoots(): ReadonlySet<string> {
  roots ??= new Set(rootCertificates.map((pem) => new X509Certificate(pem).subject));
  return roots;
}

function readChain(chain: string): X509Certificate[] {
  const blocks = chain.length > LONGEST_CHAIN ? [] : (chain.match(CERTIFICATE) ?? []);
  if (blocks.length === 0 || blocks.length > LONGEST_CHAIN_LENGTH || /PRIVATE KEY/.test(chain))
    throw invalid(
      'chain',
      `chain: expected 1 to ${LONGEST_CHAIN_LENGTH} certificates in PEM (-----BEGIN CERTIFICATE-----), the host's own first, no private key, at most ${LONGEST_CHAIN} characters`,
    );
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw invalid('chain', `chain: certificate ${index + 1} cannot be read`);
    }
  });
}

function readKey(key: string): KeyObject {
  if (/ENCRYPTED/.test(key))
    throw invalid('key', 'key: it has a passphrase, and nobody is there to type it; give a key without');
  try {
    if (key.length <= LONGEST_KEY) return createPrivateKey(key);
  } catch {
    // What OpenSSL says of it helps nobody, and what is given may be anything.
  }
  throw invalid(
    'key',
    `key: expected a private key in PEM (-----BEGIN PRIVATE KEY-----), at most ${LONGEST_KEY} characters`,
  );
}

function checkKey(own: X509Certificate, key: KeyObject): void {
  if (!own.checkPrivateKey(key))
    throw invalid('key', "key: it is not that of the chain's first certificate; the host's own has to come first");
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < LEAST_RSA_BITS)
    throw invalid('key', `key: RSA with ${bits} bits is too weak for clients; expected ${LEAST_RSA_BITS} or more`);
}

function checkOrder(certificates: readonly X509Certificate[]): void {
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer !== undefined && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)))
      throw invalid(
        'chain',
        `chain: certificate ${index + 1} was not issued by certificate ${index + 2}; each is followed by its issuer`,
      );
    if (issuer?.ca === false)
      throw invalid(
        'chain',
        `chain: certificate ${index + 2} may not issue others (it is no certificate of an authority), so clients refuse certificate ${index + 1}`,
      );
  }
}

function checkDates(certificates: readonly X509Certificate[], now: number): void {
  for (const [index, { validFromDate, validToDate }] of certificates.entries()) {
    if (validToDate.getTime() <= now)
      throw invalid('chain', `chain: certificate ${index + 1} has expired on ${validToDate.toISOString()}`);
    if (validFromDate.getTime() > now)
      throw invalid('chain', `chain: certificate ${index + 1} is good from ${validFromDate.toISOString()} only`);
  }
}

function hostsOf({ subjectAltName }: X509Certificate): string[] {
  const names = (subjectAltName ?? '').split(', ').filter((name) => name.startsWith('DNS:'));
  return names.map((name) => name.slice('DNS:'.length).toLowerCase());
}

function invalid(field: string, message: string): RequestError {
  return new RequestError('INVALID', message, { field });
}
