/** Which addresses are of the public network; by this, whoever names a host for the platform to reach is kept out of its own. */
import { BlockList, isIP } from 'node:net';

/** Special-purpose addresses (IANA's registries, RFC 6890): not for the public network, or other addresses in disguise. */
const INSIDE_4: readonly (readonly [net: string, bits: number])[] = [
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
];
/** All that is global unicast today; what is special within it follows. */
const GLOBAL_6 = ['2000::', 3] as const;
const INSIDE_6: readonly (readonly [net: string, bits: number])[] = [
  // Teredo, benchmarking, ORCHID, documentation, 6to4: each names or hides something else.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const inside = new BlockList();
for (const [net, bits] of INSIDE_4) inside.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of INSIDE_6) inside.addSubnet(net, bits, 'ipv6');
const global = new BlockList();
global.addSubnet(...GLOBAL_6, 'ipv6');

/** What is no address is not public. */
export function isPublic(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  switch (isIP(bare)) {
    case 4:
      return !inside.check(bare, 'ipv4');
    case 6:
      return global.check(bare, 'ipv6') && !inside.check(bare, 'ipv6');
    default:
      return false;
  }
}
