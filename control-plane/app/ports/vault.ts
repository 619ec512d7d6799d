/** Keeps secrets unreadable at rest. One adapter implements it on AES-256-GCM and a file of keys. */

/** What a sealed value belongs to. It is authenticated with the value, so that the value opens nowhere else. */
export interface SecretIdentity {
  readonly tenant: string;
  /** Uid of the version that holds it; never used twice. */
  readonly uid: string;
  readonly name: string;
  readonly version: number;
}

/** A value as it is stored. */
export interface SealedValue {
  /** Id of the key that it was sealed with. */
  readonly key: string;
  /** Base64; never the same twice for one key. */
  readonly nonce: string;
  /** Base64 of the encrypted UTF-8 bytes and the authentication tag. */
  readonly text: string;
}

export interface Vault {
  /** Id of the key that seals; `undefined` when there is no key at all. */
  readonly currentKey: string | undefined;
  /** Whether values that were sealed with this key can be opened. */
  has(key: string): boolean;
  /** Throws `SecretError` SECRET_KEY_MISSING when there is no key. */
  seal(identity: SecretIdentity, value: string): SealedValue;
  /** Throws `SecretError` SECRET_KEY_MISSING or SECRET_DAMAGED, which name the secret and never its value. */
  open(identity: SecretIdentity, sealed: SealedValue): string;
  /**
   * A secret of 256 bits as base64url that nobody computes without the key, always the same for a purpose and a subject: one by
   * each key, the newest first; none where there is no key.
   */
  derive(purpose: string, subject: string): readonly string[];
}
