/** One-time codes by which a browser is signed in: kept by their hashes, in memory alone, for five minutes. */
import { randomBytes } from 'node:crypto';
import { hashOf } from '../ask/authenticate.ts';

const CODE_BYTES = 32;
const LIFETIME_MILLISECONDS = 5 * 60_000;
/** Of one token at once; the oldest gives way. */
const MOST_OF_ONE = 10;
const CODE = /^[A-Za-z0-9_-]{43}$/;

/** What a code stands for. */
export interface CodeMeaning {
  /** Uid of the token. */
  readonly token: string;
  /** When the session that it begins ends at the latest; null: as every session does. */
  readonly until: number | null;
}

interface Issued extends CodeMeaning {
  readonly expiresAt: number;
}

/** Times are milliseconds since the epoch. */
export class SignInCodes {
  /** By hash, in the order of their making. */
  readonly #issued = new Map<string, Issued>();

  /** Codes that are remembered. */
  get size(): number {
    return this.#issued.size;
  }

  /** A code of 256 bits. */
  issue({ token, until }: CodeMeaning, now: number): { readonly code: string; readonly expiresAt: number } {
    this.#sweep(now);
    const others = [...this.#issued].filter(([, issued]) => issued.token === token);
    for (const [hash] of others.slice(0, Math.max(0, others.length + 1 - MOST_OF_ONE))) this.#issued.delete(hash);
    const code = randomBytes(CODE_BYTES).toString('base64url');
    const expiresAt = Math.min(now + LIFETIME_MILLISECONDS, until ?? Infinity);
    this.#issued.set(hashOf(code), { token, until, expiresAt });
    return { code, expiresAt };
  }

  /** What the code stands for, without its being used; `undefined`: it is none, was used, or is too old. */
  look(code: string, now: number): CodeMeaning | undefined {
    const issued = CODE.test(code) ? this.#issued.get(hashOf(code)) : undefined;
    return issued !== undefined && issued.expiresAt > now ? issued : undefined;
  }

  /** What the code stands for, this once; `undefined`: it is none, was used, or is too old. */
  use(code: string, now: number): CodeMeaning | undefined {
    if (!CODE.test(code)) return undefined;
    // Looked up by its hash: what the comparison's time could tell is a part of a hash, not of a code.
    const hash = hashOf(code);
    const issued = this.#issued.get(hash);
    this.#issued.delete(hash);
    return issued !== undefined && issued.expiresAt > now ? issued : undefined;
  }

  #sweep(now: number): void {
    for (const [hash, { expiresAt }] of this.#issued) if (expiresAt <= now) this.#issued.delete(hash);
  }
}
