/**
 * The certificates of an application as its load balancers get them: fetched by the agent with the instance's token, handed to the
 * balancer through the local socket. They hold private keys: never published, logged or reported.
 */
import * as z from 'zod';
import { id } from '../mqtt/payload.ts';

/** Most certificates of one application: all of them are one line of the local socket. */
export const MAX_CERTIFICATES = 40;
/** Longest chain of certificates and longest private key, in characters of PEM. */
export const LONGEST_CHAIN = 16_000;
export const LONGEST_KEY = 6000;

/** A host name in lower case, or `*.` and a domain for every name that is one label longer. */
export const CERTIFICATE_HOST = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const heldCertificate = z.object({
  host: z.string().max(253).regex(CERTIFICATE_HOST),
  /** PEM: the host's own certificate first, then what leads to an authority. */
  chain: z.string().min(1).max(LONGEST_CHAIN),
  /** PEM. */
  key: z.string().min(1).max(LONGEST_KEY),
  /** Shown to clients that name no host, or one without a certificate. At most one of them. */
  isDefault: z.boolean(),
});
export type HeldCertificate = z.infer<typeof heldCertificate>;

export const heldCertificates = z.array(heldCertificate).max(MAX_CERTIFICATES);

/** The revision of an application without certificates: there is nothing to fetch. */
export const NO_CERTIFICATES = 'none';

/** The body that `certificates.url` of the topology answers with. */
export const certificatesDocument = z.object({ v: z.literal(1), revision: id, certificates: heldCertificates });
export type CertificatesDocument = z.infer<typeof certificatesDocument>;
