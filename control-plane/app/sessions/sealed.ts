/**
 * What a browser keeps of its session: which token it stands for and when it ends, sealed with the control plane's key. So sessions
 * outlive the control plane, also a rotation of its keys, and nothing is stored but which of them somebody has ended.
 */
import { z } from 'zod';
import { SecretError } from '../errors.ts';
import type { SecretIdentity, Vault } from '../ports/vault.ts';

const content = z.object({
  v: z.literal(1),
  /** Of the session. */
  id: z.string().min(1).max(64),
  /** Uid of the token. */
  token: z.string().min(1).max(64),
  /** Milliseconds since the epoch. */
  expiresAt: z.number().int(),
});
export type SealedContent = Omit<z.infer<typeof content>, 'v'>;

/** No tenant has such a name: nothing else that is sealed opens as a session, and no session as anything else. */
const IDENTITY: SecretIdentity = { tenant: '*session', uid: 'session', name: 'session', version: 1 };
/** Key, nonce, and encrypted text with its tag, all base64url. */
const SEALED = /^([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{16})\.([0-9A-Za-z_-]{22,400})$/;

/** Throws `SecretError` SECRET_KEY_MISSING when the control plane has no key. */
export function seal(vault: Pick<Vault, 'currentKey' | 'seal'>, session: SealedContent): string {
  if (vault.currentKey === undefined)
    throw new SecretError(
      'SECRET_KEY_MISSING',
      'nobody can sign in: the control plane has no key. An operator puts the key file back, or makes a new key with "cartwright keys rotate", and starts the control plane again',
    );
  const { key, nonce, text } = vault.seal(IDENTITY, JSON.stringify({ v: 1, ...session }));
  return [key, urlSafe(nonce), urlSafe(text)].join('.');
}

/** `undefined` for what was not sealed as a session with a key that is there. Whether the session is over is not looked at. */
export function open(vault: Pick<Vault, 'open'>, sealed: string): SealedContent | undefined {
  const [, key, nonce, text] = SEALED.exec(sealed) ?? [];
  if (key === undefined || nonce === undefined || text === undefined) return undefined;
  try {
    return content.parse(JSON.parse(vault.open(IDENTITY, { key, nonce, text })));
  } catch (error) {
    // Anybody may show anything; who shows what cannot be opened is not signed in.
    if (error instanceof SecretError) return undefined;
    throw error;
  }
}

function urlSafe(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}
