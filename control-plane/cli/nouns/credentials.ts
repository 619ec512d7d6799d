import type { Session } from '../client/session.ts';
import { ListCredentials, type CredentialFieldsFragment as Credential } from '../generated/operations.ts';
import type { Reference } from '../output/printer.ts';
import { NOTHING, relative } from '../output/text.ts';
import { noun, type AnyNoun } from './noun.ts';

export const credentialReference: Reference<Credential> = ({ name }) => `credential/${name}`;

/** Whose: a host cluster's are the operators'; others are the tenant's. */
export function ownerOf(session: Session, cluster: string | undefined): { tenant?: string; hostCluster?: string } {
  if (cluster !== undefined) return { hostCluster: cluster };
  return session.tenant === undefined ? {} : { tenant: session.tenant };
}

/** The tenant's, or those of a host cluster. */
export function credentialsOf(cluster: string | undefined): AnyNoun {
  const list = async (session: Session): Promise<readonly Credential[]> =>
    (await session.client.query(ListCredentials, ownerOf(session, cluster))).credentials;
  return noun<Credential>({
    plural: 'credentials',
    reference: credentialReference,
    columns: [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'KIND', value: ({ kind }) => (kind === 'LOGIN' ? 'password' : kind.toLowerCase()) },
      { title: 'HOSTS', value: ({ hosts }) => hosts.join(', ') },
      { title: 'USER', value: ({ username }) => username ?? NOTHING },
      { title: 'STATE', value: ({ isReadable }) => (isReadable ? 'good' : 'key lost') },
      { title: 'SET BY', value: ({ updatedBy }) => updatedBy },
      { title: 'SET', value: ({ updatedAt }, now) => relative(updatedAt, now) },
    ],
    list,
    find: async (session, name) => (await list(session)).find((credential) => credential.name === name),
  });
}

export const credentials = credentialsOf(undefined);
