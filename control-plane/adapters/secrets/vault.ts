/**
 * Seals values with AES-256-GCM (NIST SP 800-38D): a random nonce of 96 bits a value, a tag of 128 bits, and the identity of
 * the secret as associated data, so that a stored value that is copied to another name, version or tenant does not open.
 *
 * A random nonce is safe for 2^32 values a key; a key that is rotated once a year never comes near.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SecretError } from '../../app/errors.ts';
import type { SealedValue, SecretIdentity, Vault } from '../../app/ports/vault.ts';
import type { SecretKey } from './key-file.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DERIVED_BYTES = 32;

/** @param keys oldest first: the last one seals, each of them opens. */
export function createVault(keys: readonly SecretKey[]): Vault {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const current = keys.at(-1);
  return {
    currentKey: current?.id,
    has: (key) => byId.has(key),
    seal(identity, value) {
      if (current === undefined)
        throw new SecretError(
          'SECRET_KEY_MISSING',
          `the secret ${identity.name} cannot be stored: the control plane has no key. An operator puts the key file back, or makes a new key with "cartwright keys rotate", and starts the control plane again`,
        );
      return sealWith(current, identity, value);
    },
    open(identity, sealed) {
      const key = byId.get(sealed.key);
      if (key === undefined)
        throw new SecretError(
          'SECRET_KEY_MISSING',
          `${nameOf(identity)} cannot be read: the key ${sealed.key} is not in the control plane's key file. An operator puts it back; if it is lost for good, set the secret again`,
        );
      return openWith(key, identity, sealed);
    },
    derive: (purpose, subject) => keys.toReversed().map((key) => derive(key, purpose, subject)),
  };
}

/** HKDF-SHA-256 (RFC 5869): independent of what the key encrypts, and of what is derived for other purposes. */
function derive(key: SecretKey, purpose: string, subject: string): string {
  const info = JSON.stringify(['cartwright', purpose, subject]);
  return Buffer.from(hkdfSync('sha256', key.bytes, '', info, DERIVED_BYTES)).toString('base64url');
}

function sealWith(key: SecretKey, identity: SecretIdentity, value: string): SealedValue {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(identity));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { key: key.id, nonce: nonce.toString('base64'), text: text.toString('base64') };
}

function openWith(key: SecretKey, identity: SecretIdentity, sealed: SealedValue): string {
  const nonce = Buffer.from(sealed.nonce, 'base64');
  const text = Buffer.from(sealed.text, 'base64');
  try {
    if (nonce.length !== NONCE_BYTES || text.length < TAG_BYTES) throw new Error('the stored value is cut off');
    const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(identity));
    decipher.setAuthTag(text.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(text.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new SecretError(
      'SECRET_DAMAGED',
      `${nameOf(identity)} cannot be read: what is stored was changed, or belongs to another secret. Restore a backup, or set the secret again`,
      { cause: error },
    );
  }
}

/** A list and not a joined text: no two identities have the same bytes. */
function associatedData({ tenant, uid, name, version }: SecretIdentity): Buffer {
  return Buffer.from(JSON.stringify(['cartwright secret 1', tenant, uid, name, version]));
}

function nameOf({ name, version }: SecretIdentity): string {
  return `version ${version} of the secret ${name}`;
}
