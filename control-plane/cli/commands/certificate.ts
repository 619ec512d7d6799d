/** `certificate`: what load balancers speak TLS with. Chain and key come from files, never from the command line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { CliError, EXIT } from '../exit.ts';
import {
  DeleteCertificate,
  ListCertificates,
  SetCertificate,
  type CertificateFieldsFragment,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { relative } from '../output/text.ts';
import { noApplication } from '../targets.ts';
import type { CertificateSetOptions } from './register-certificate.ts';

export async function set(
  session: Session,
  application: string,
  host: string,
  { cert, key, default: isDefault }: CertificateSetOptions,
): Promise<void> {
  const { certificate, warnings } = await session.client.mutate(SetCertificate, {
    ...{ application, host, isDefault: isDefault === true },
    ...{ chain: await read(session, cert), key: await read(session, key) },
    ...(session.tenant === undefined ? {} : { tenant: session.tenant }),
  });
  await show(session, certificate, 'stored');
  for (const warning of warnings ?? []) say(session.io, `warning: ${warning}`);
}

export async function list(session: Session, name: string): Promise<void> {
  const { application } = await session.client.query(ListCertificates, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  await session.printer.list(
    application.certificates,
    [
      { title: 'HOST', value: (certificate) => certificate.name },
      { title: 'DEFAULT', value: ({ isDefault }) => (isDefault ? 'yes' : 'no') },
      { title: 'ENDS', value: ({ notAfter }) => notAfter.slice(0, 10) },
      { title: 'STATE', value: stateOf },
      { title: 'SET BY', value: ({ updatedBy }) => updatedBy },
      { title: 'SET', value: ({ updatedAt }, now) => relative(updatedAt, now) },
    ],
    `${name} has no certificates; see "cartwright certificate set --help"`,
  );
}

export async function remove(session: Session, application: string, host: string): Promise<void> {
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  const { certificate } = await session.client.mutate(DeleteCertificate, { application, host, ...tenant });
  await show(session, certificate, 'deleted');
}

function stateOf({ isReadable, notAfter }: CertificateFieldsFragment, now: number): string {
  if (!isReadable) return 'key lost';
  const days = Math.floor((Date.parse(notAfter) - now) / 86_400_000);
  if (days < 0) return 'expired';
  return days < 14 ? `${days} days left` : 'good';
}

function show(session: Session, certificate: CertificateFieldsFragment | null, done: string): Promise<void> {
  return session.printer.one(
    certificate,
    () => `certificate for ${certificate?.name ?? ''} ${done}; it ends on ${certificate?.notAfter.slice(0, 10) ?? ''}`,
  );
}

async function read(session: Session, path: string): Promise<string> {
  try {
    return await readFile(resolve(session.io.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
}
