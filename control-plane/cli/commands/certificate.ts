/** `certificate`: what load balancers speak TLS with. Chain and key come from files, never from the command line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { CliError, EXIT } from '../exit.ts';
import { DeleteCertificate, SetCertificate, type CertificateFieldsFragment } from '../generated/operations.ts';
import { say } from '../io.ts';
import { certificateReference, certificates } from '../nouns/certificates.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { getNoun } from './get.ts';
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
  const nothing = `${name} has no certificates; see "cartwright certificate set --help"`;
  await getNoun(session, certificates, { scope: { ...WHOLE_SCOPE, application: name }, nothing });
}

export async function remove(
  session: Session,
  application: string,
  host: string,
  options: Confirmation,
): Promise<void> {
  await confirm(session.io, options, `delete the certificate of ${host} of the application "${application}"?`);
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  const { certificate } = await session.client.mutate(DeleteCertificate, { application, host, ...tenant });
  await show(session, certificate, 'deleted');
}

function show(session: Session, certificate: CertificateFieldsFragment | null, done: string): Promise<void> {
  return session.printer.one(
    certificate,
    () => `certificate for ${certificate?.name ?? ''} ${done}; it ends on ${certificate?.notAfter.slice(0, 10) ?? ''}`,
    certificateReference,
  );
}

async function read(session: Session, path: string): Promise<string> {
  try {
    return await readFile(resolve(session.io.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
}
