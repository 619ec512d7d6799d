/** Which addresses a host name may lead to: none inside of the platform's own network, unless the operator allows it by name. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { SourceError } from '../../app/errors.ts';

/** All addresses of a host; rejects when it has none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export const systemLookUp: LookUp = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** Special-purpose ranges of the IANA registries (RFC 6890) that are not for the public, and multicast. */
const INSIDE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(network, prefix, 'ipv4');

/** What is allocated for the public (2000::/3) but for what is not, or leads to an IPv4 address by another name. */
const PUBLIC_6 = new BlockList();
PUBLIC_6.addSubnet('2000::', 3, 'ipv6');
const EXCEPT_6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  EXCEPT_6.addSubnet(network, prefix, 'ipv6');

/** Whether an address is none of the public Internet's. What is no address is. */
export function isInside(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return INSIDE.check(address, 'ipv4');
  return kind !== 6 || !PUBLIC_6.check(address, 'ipv6') || EXCEPT_6.check(address, 'ipv6');
}

/**
 * The addresses of a host that was not allowed by name. Whoever connects must use these and not ask again: the next answer
 * may be another. Throws `SourceError` GIT_UNREACHABLE, or GIT_ADDRESS_NOT_ALLOWED when one of them is inside.
 */
export async function publicAddresses(host: string, lookUp: LookUp): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await lookUp(host) : [host];
  } catch (error) {
    throw new SourceError('GIT_UNREACHABLE', `the host name ${host} cannot be resolved; check the spelling`, {
      cause: error,
    });
  }
  // Without the address: who asks shall not learn the network from the answers.
  if (addresses.length === 0 || addresses.some(isInside))
    throw new SourceError(
      'GIT_ADDRESS_NOT_ALLOWED',
      `the host ${host} leads into the platform's own network; its operator can allow it by its name in CARTWRIGHT_GIT_HOSTS`,
    );
  return addresses;
}
