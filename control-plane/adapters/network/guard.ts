/**
 * Where something that a tenant names may be connected to: the public network, and what an operator has named. Without this a
 * drain or a notice would be a way into the platform's own network. The addresses that were looked at are the ones that are
 * connected to: a name that means another address a moment later gains nothing.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublic } from './public-address.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Answers a name's addresses, as `dns.lookup` does with `all`. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface GuardOptions {
  /** Hosts, as URLs name them, that may be of any network. */
  readonly allowed: readonly string[];
  /** The setting by which an operator allows one. */
  readonly setting: string;
  /** The error of whoever asks: the host is not allowed, or cannot be looked up now. */
  readonly failure: (kind: 'not-allowed' | 'unreachable', message: string, cause?: unknown) => Error;
}

export class NetworkGuard {
  readonly #options: GuardOptions;
  readonly #allowed: ReadonlySet<string>;
  readonly #resolve: Resolve;

  constructor(options: GuardOptions, resolve: Resolve = (host) => lookup(host, { all: true, verbatim: true })) {
    this.#options = options;
    this.#allowed = new Set(options.allowed.map((host) => host.toLowerCase()));
    this.#resolve = resolve;
  }

  /** Whether an operator has named the host. @param host of a URL */
  isNamed(host: string): boolean {
    return this.#allowed.has(bareName(host));
  }

  /** Addresses that may be connected to; at least one. Rejects with the failure. @param host of a URL */
  async addresses(host: string): Promise<readonly Address[]> {
    const { failure, setting } = this.#options;
    const name = bareName(host);
    const isAllowed = this.isNamed(host);
    const found = isIP(name) === 0 ? await this.#lookUp(name) : [{ address: name, family: isIP(name) }];
    const usable = found.filter(({ address }) => isAllowed || isPublic(address));
    if (usable.length > 0) return usable.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
    // Without the addresses: who asks shall not learn the network from the answers.
    throw failure(
      'not-allowed',
      `${name} is no host of the public network; an operator can allow it by name: ${setting}=${name}`,
    );
  }

  async #lookUp(name: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
    const { failure } = this.#options;
    let found;
    try {
      found = await this.#resolve(name);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw failure('unreachable', `${name} cannot be looked up (${code ?? message})`, error);
    }
    if (found.length === 0) throw failure('unreachable', `${name} has no address`);
    return found;
  }
}

function bareName(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}
