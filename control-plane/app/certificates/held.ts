/** The certificates as a load balancer's agent fetches them. */
import type { CertificatesDocument, HeldCertificate } from '../../../schema/agent/certificates.ts';
import type { Repositories } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import { revisionOf } from './certificates.ts';

/** Throws `SecretError` where one of them can't be read: whoever asks goes on with those that it has. */
export async function heldCertificates(
  store: Pick<Repositories, 'certificates'>,
  vault: Pick<Vault, 'open'>,
  application: string,
): Promise<CertificatesDocument> {
  const records = await store.certificates.find({ owner: application });
  const certificates = records.map((record): HeldCertificate => {
    const { chain, key } = JSON.parse(vault.open(record, record.sealed)) as Pick<HeldCertificate, 'chain' | 'key'>;
    return { host: record.name, chain, key, isDefault: record.isDefault };
  });
  // In the same order whoever says it: what is kept of it is written again only when it is another.
  certificates.sort((a, b) => (a.host < b.host ? -1 : 1));
  return { v: 1, revision: revisionOf(records), certificates };
}
