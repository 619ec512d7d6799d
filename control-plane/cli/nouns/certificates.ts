import { ListCertificates, type CertificateFieldsFragment } from '../generated/operations.ts';
import type { Session } from '../client/session.ts';
import type { Reference } from '../output/printer.ts';
import { relative } from '../output/text.ts';
import { noApplication } from '../targets.ts';
import { noun, type Scope } from './noun.ts';
import { perApplication } from './per-application.ts';

const MILLISECONDS_A_DAY = 86_400_000;
/** From so many days on before its end a certificate is called that. */
const SOON_DAYS = 14;

/** A certificate, never its key; `name` is its host. */
export type Certificate = CertificateFieldsFragment & { readonly applicationName: string };

export const certificateReference: Reference<CertificateFieldsFragment> = ({ name }) => `certificate/${name}`;

function list(session: Session, scope: Scope): Promise<Certificate[]> {
  return perApplication(session, scope, async (name) => {
    const { application } = await session.client.query(ListCertificates, { tenant: session.tenant, name });
    if (application === null) throw noApplication(name);
    return application.certificates.map((certificate) => ({ applicationName: name, ...certificate }));
  });
}

export const certificates = noun<Certificate>({
  plural: 'certificates',
  reference: certificateReference,
  columns: [
    { title: 'HOST', value: (certificate) => certificate.name },
    { title: 'APPLICATION', value: ({ applicationName }) => applicationName },
    { title: 'DEFAULT', value: ({ isDefault }) => (isDefault ? 'yes' : 'no') },
    { title: 'ENDS', value: ({ notAfter }) => notAfter.slice(0, 10) },
    { title: 'STATE', value: stateOf },
    { title: 'SET BY', value: ({ updatedBy }) => updatedBy },
    { title: 'SET', value: ({ updatedAt }, now) => relative(updatedAt, now) },
    { title: 'HOSTS', value: ({ hosts }) => hosts.join(','), isWide: true },
    { title: 'FINGERPRINT', value: ({ fingerprint }) => fingerprint, isWide: true },
  ],
  list,
  find: async (session, name, scope) => (await list(session, scope)).find((certificate) => certificate.name === name),
});

function stateOf({ isReadable, notAfter }: CertificateFieldsFragment, now: number): string {
  if (!isReadable) return 'key lost';
  const days = Math.floor((Date.parse(notAfter) - now) / MILLISECONDS_A_DAY);
  if (days < 0) return 'expired';
  return days < SOON_DAYS ? `${days} days left` : 'good';
}
