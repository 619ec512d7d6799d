/** What can be asked about the certificates that an application's load balancers speak TLS with. */
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { CertificateRecord } from '../records/credentials.ts';

/** A certificate as people see it: everything but what is sealed. */
export interface Certificate extends Omit<CertificateRecord, 'sealed' | 'noticedDays'> {
  /** False when the key that encrypts it is lost. */
  readonly isReadable: boolean;
}

export interface CertificateRef {
  readonly tenant?: string | null;
  readonly application: string;
  /** A host name, or `*.` and a domain. */
  readonly host: string;
}

interface NewCertificate extends CertificateRef {
  /** PEM: the host's own first, then what leads to an authority. */
  readonly chain: string;
  /** PEM of the private key, without a passphrase. */
  readonly key: string;
  /** For clients that name no host, or one without a certificate. */
  readonly isDefault: boolean;
}

/** As it was stored, with what clients may not like about it. */
interface StoredCertificate extends Certificate {
  readonly warnings: readonly string[];
}

export interface CertificateQueries {
  certificates(principal: Principal, application: ApplicationRecord): Promise<Certificate[]>;
}

export interface CertificateMutations {
  /** Makes it, or takes its place. Throws `RequestError` INVALID that says what is wrong with chain or key. */
  setCertificate(principal: Principal, certificate: NewCertificate): Promise<StoredCertificate>;
  deleteCertificate(principal: Principal, ref: CertificateRef): Promise<Certificate>;
}
