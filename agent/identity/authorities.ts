/** Whom the agent believes over TLS: the authorities that its pod was given, and no others; where it was given none, the public ones. */
import { setDefaultCACertificates } from 'node:tls';
import { readIfPresent } from '../storage/atomic-file.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** For all connections from now on that are told of none of their own. Throws where a file holds something else than certificates. */
export function believe(files: readonly string[]): void {
  const certificates = files.flatMap((file) => (readIfPresent(file) ?? '').match(CERTIFICATE) ?? []);
  if (certificates.length > 0) setDefaultCACertificates(certificates);
}
