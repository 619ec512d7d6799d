/** Certificates for tests, self-signed or of an authority, made of DER (X.690, RFC 5280) by hand: Node can read certificates and make none. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const ALTERNATIVE_NAMES = '551d11';
const BASIC_CONSTRAINTS = '551d13';

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
/** As UTCTime, which reaches from 1950 to 2049. */
const time = (at: Date): Buffer =>
  der(
    0x17,
    Buffer.from(
      `${at
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );

export interface Validity {
  readonly from?: Date;
  readonly until?: Date;
}

/** A certificate with what signs others in its name. */
export interface Issued {
  readonly key: string;
  readonly cert: string;
  readonly privateKey: KeyObject;
  /** DER of its subject. */
  readonly subject: Buffer;
}

export interface IssueOptions extends Validity {
  /** Who signs it; itself if absent. */
  readonly by?: Issued;
  /** It may sign others. */
  readonly isAuthority?: boolean;
}

const extension = (id: string, ...value: Buffer[]): Buffer => der(SEQUENCE, oid(id), der(0x04, ...value));

/** A certificate for a DNS name or an IPv4 address. Good from 2020 to 2049 unless said otherwise. */
export function issue(
  name: string,
  { by, isAuthority = false, from = new Date('2020-01-01'), until = new Date('2049-01-01') }: IssueOptions = {},
): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid(ECDSA_SHA256));
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));
  const alternative = isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
  const extensions = der(
    0xa3,
    der(
      SEQUENCE,
      extension(ALTERNATIVE_NAMES, der(SEQUENCE, alternative)),
      ...(isAuthority ? [extension(BASIC_CONSTRAINTS, der(SEQUENCE, der(0x01, Buffer.from([0xff]))))] : []),
    ),
  );
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    // A positive number that no other certificate has.
    der(0x02, Buffer.from([0x40]), randomBytes(8)),
    algorithm,
    by?.subject ?? subject,
    der(SEQUENCE, time(from), time(until)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, by?.privateKey ?? privateKey));
  const whole = der(SEQUENCE, body, algorithm, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    privateKey,
    subject,
  };
}

/** PEM of key and certificate; `name` is a DNS name. Good from 2020 to 2049 unless said otherwise. */
export function selfSigned(name: string, validity: Validity = {}): { readonly key: string; readonly cert: string } {
  const { key, cert } = issue(name, validity);
  return { key, cert };
}
