/** Why a receiver was not reached, for whoever declared the drain. */

/** What Node says of certificates whose issuer is not known. */
const UNKNOWN_ISSUER = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY|GET)_\w+)$/;

/** Node's own advice (another option of its command line) helps nobody who declares a drain: `ca` does. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (UNKNOWN_ISSUER.test(code))
    return `its certificate is of no known authority (${code}); give its authority, or the certificate itself, as "ca"`;
  return message === '' ? code : message;
}
