/**
 * Where drains may connect to: the public network, and what an operator has named. A tenant names hosts, so without this a drain
 * would be a way into the platform's own network. The addresses that were looked at are the ones that are connected to: a name
 * that means another address a moment later gains nothing.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { DrainError } from '../../app/ports/drains.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Answers a name's addresses, as `dns.lookup` does with `all`. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Special-purpose addresses (IANA's registries, RFC 6890): not for the public network, or other addresses in disguise. */
const BLOCKED: readonly (readonly [net: string, bits: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
];
/** All that is global unicast today; what is special within it follows. */
const GLOBAL_IPV6 = ['2000::', 3] as const;
const BLOCKED_IPV6: readonly (readonly [net: string, bits: number])[] = [
  // Teredo, benchmarking, ORCHID, documentation, 6to4: each names or hides something else.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const blocked = new BlockList();
for (const [net, bits, family] of BLOCKED) blocked.addSubnet(net, bits, family);
for (const [net, bits] of BLOCKED_IPV6) blocked.addSubnet(net, bits, 'ipv6');
const global = new BlockList();
global.addSubnet(...GLOBAL_IPV6, 'ipv6');

/** Whether an address is of the public network. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !blocked.check(address, 'ipv4');
  const bare = address.replace(/%.*$/, '');
  return isIP(bare) === 6 && global.check(bare, 'ipv6') && !blocked.check(bare, 'ipv6');
}

export class NetworkGuard {
  readonly #allowed: ReadonlySet<string>;
  readonly #resolve: Resolve;

  /** @param allowed hosts, as drains' URLs name them, that may be of any network */
  constructor(allowed: readonly string[], resolve: Resolve = (host) => lookup(host, { all: true, verbatim: true })) {
    this.#allowed = new Set(allowed.map((host) => host.toLowerCase()));
    this.#resolve = resolve;
  }

  /** Addresses that may be connected to; at least one. Rejects with {@link DrainError}. @param host of a URL */
  async addresses(host: string): Promise<readonly Address[]> {
    const name = host.replace(/^\[|\]$/g, '').toLowerCase();
    const isAllowed = this.#allowed.has(name);
    const found = isIP(name) === 0 ? await this.#lookUp(name) : [{ address: name, family: isIP(name) }];
    const usable = found.filter(({ address }) => isAllowed || isPublic(address));
    if (usable.length > 0) return usable.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
    throw new DrainError(
      'DRAIN_HOST_NOT_ALLOWED',
      `${name} is no host of the public network (${found.map(({ address }) => address).join(', ')}); an operator can allow it by name: CARTWRIGHT_DRAIN_HOSTS=${name}`,
    );
  }

  async #lookUp(name: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
    try {
      const found = await this.#resolve(name);
      if (found.length > 0) return found;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new DrainError('DRAIN_UNREACHABLE', `${name} cannot be looked up (${code ?? message})`, { cause: error });
    }
    throw new DrainError('DRAIN_UNREACHABLE', `${name} has no address`);
  }
}
