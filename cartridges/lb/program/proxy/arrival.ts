/** Who a request comes from, and whom of those it names on its way is to be believed. Pure. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { isSecure } from './secure.ts';

/** Whose word in `X-Forwarded-*` and the like counts. */
export type Trust =
  | { readonly kind: 'nobody' }
  /** Whoever connects is a proxy, and what it says is kept as it is. */
  | { readonly kind: 'everybody' }
  | { readonly kind: 'networks'; readonly networks: BlockList };

/** Addresses and networks (`10.0.0.0/8`); none: nobody is believed. */
export function trustIn(proxies: readonly string[]): Trust {
  if (proxies.length === 0) return { kind: 'nobody' };
  const networks = new BlockList();
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(prefix), family);
  }
  return { kind: 'networks', networks };
}

export interface Arrival {
  /** Whether whoever connected is a proxy that is to be believed. */
  readonly isBelieved: boolean;
  /** Address of the client; behind proxies that are believed: of whom they name. */
  readonly client: string;
  /** `X-Forwarded-For` for the instance: from the client on, without what it claimed itself. */
  readonly forwardedFor: string;
  /** What the client spoke to the first proxy that is believed, else to the balancer. */
  readonly protocol: string;
  /** What the client asked for there, where a proxy that is believed says so. */
  readonly forwardedHost: string | undefined;
}

export function arrivalOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>, trust: Trust): Arrival {
  const peer = plain(socket.remoteAddress ?? 'unknown');
  const spoken = isSecure({ socket }) ? 'https' : 'http';
  if (!believes(trust, peer))
    return { isBelieved: false, client: peer, forwardedFor: peer, protocol: spoken, forwardedHost: undefined };
  const said = {
    isBelieved: true,
    protocol: text(headers['x-forwarded-proto']) || spoken,
    forwardedHost: text(headers['x-forwarded-host']) || undefined,
  };
  const before = text(headers['x-forwarded-for']) ?? '';
  if (trust.kind === 'everybody') {
    const last = addressIn(before.split(',').at(-1) ?? '');
    return { ...said, client: last ?? peer, forwardedFor: before === '' ? peer : `${before}, ${peer}` };
  }
  const chain = believedChain(before, peer, trust);
  return { ...said, client: chain[0]!, forwardedFor: chain.join(', ') };
}

/** Backwards from the peer: each proxy that is believed names the one before it; the first that is not is the client. */
function believedChain(before: string, peer: string, trust: Trust): string[] {
  const chain = [peer];
  const named = before.split(',');
  while (believes(trust, chain[0]!)) {
    const address = addressIn(named.pop() ?? '');
    if (address === undefined) break;
    chain.unshift(address);
  }
  return chain;
}

function believes(trust: Trust, address: string): boolean {
  if (trust.kind !== 'networks') return trust.kind === 'everybody';
  const family = isIP(address);
  return family !== 0 && trust.networks.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Some proxies add the port: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function addressIn(entry: string): string | undefined {
  const bare = entry.trim().replace(/^\[(.*)\](:\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1$3');
  return isIP(bare) === 0 ? undefined : plain(bare);
}

/** An IPv4 client that reached an IPv6 socket is still an IPv4 client. */
export function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function text(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(', ');
}
