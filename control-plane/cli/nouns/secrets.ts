import type { Session } from '../client/session.ts';
import { ListSecrets, type SecretVersionFieldsFragment } from '../generated/operations.ts';
import { NOTHING, relative, word } from '../output/text.ts';
import { noApplication } from '../targets.ts';
import { noun, type Scope } from './noun.ts';
import { componentsOf, perApplication } from './per-application.ts';

/** A version of a secret, never its value. `of`: APPLICATION, or APPLICATION/ALIAS. */
export type Secret = SecretVersionFieldsFragment & { readonly of: string };

/** With versions that new releases no longer take, where the scope wants what is over, too. */
async function list(session: Session, scope: Scope): Promise<Secret[]> {
  const found = await perApplication(session, scope, async (name, alias): Promise<Secret[]> => {
    const { application } = await session.client.query(ListSecrets, { tenant: session.tenant, name });
    if (application === null) throw noApplication(name);
    // An application's secrets are those of each component, too.
    return [
      ...application.secrets.map((secret) => ({ of: name, ...secret })),
      ...componentsOf(name, application.clusters, alias).flatMap((cluster) =>
        cluster.secrets.map((secret) => ({ of: `${name}/${cluster.alias}`, ...secret })),
      ),
    ];
  });
  return scope.includeTerminated ? found : found.filter(({ retiredAt }) => retiredAt === null);
}

export const secrets = noun<Secret>({
  plural: 'secrets',
  reference: ({ name }) => `secret/${name}`,
  key: ({ of, uid }) => `${of}/${uid}`,
  columns: [
    { title: 'NAME', value: (secret) => secret.name },
    { title: 'OF', value: (secret) => secret.of },
    { title: 'VERSION', value: ({ version }) => String(version) },
    { title: 'AS', value: ({ delivery }) => word(delivery) },
    { title: 'STATE', value: stateOf },
    { title: 'SET BY', value: ({ createdBy }) => createdBy },
    { title: 'SET', value: ({ createdAt }, now) => relative(createdAt, now) },
    {
      title: 'ENDED',
      value: ({ revokedAt, revokedBy, retiredAt }, now) =>
        revokedAt === null ? relative(retiredAt, now) : `${relative(revokedAt, now)} by ${revokedBy ?? NOTHING}`,
    },
  ],
  list,
  find: async (session, name, scope) => (await list(session, scope)).findLast((secret) => secret.name === name),
});

function stateOf({ retiredAt, revokedAt, isReadable }: SecretVersionFieldsFragment): string {
  if (revokedAt !== null) return 'revoked';
  if (!isReadable) return 'key lost';
  return retiredAt === null ? 'current' : 'earlier';
}
