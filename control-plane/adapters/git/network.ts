/** Which addresses a host name may lead to: none inside of the platform's own network, unless the operator allows it by name. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { SourceError } from '../../app/errors.ts';
import { isPublic } from '../network/public-address.ts';

/** All addresses of a host; rejects when it has none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export const systemLookUp: LookUp = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

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
  if (addresses.length === 0 || !addresses.every(isPublic))
    throw new SourceError(
      'GIT_ADDRESS_NOT_ALLOWED',
      `the host ${host} leads into the platform's own network; its operator can allow it by its name in CARTWRIGHT_GIT_HOSTS`,
    );
  return addresses;
}
