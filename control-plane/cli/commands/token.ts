/** `token create`, `get`, `revoke`. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { notFound, usage } from '../exit.ts';
import { CreateToken, ListTokens, RevokeToken, type Role } from '../generated/operations.ts';
import { say } from '../io.ts';
import { relative } from '../output/text.ts';
import { get } from './get.ts';
import type { CreateTokenOptions } from './register-tenancy.ts';

const ROLES: readonly string[] = ['viewer', 'deployer', 'admin', 'operator'];

export async function createToken(session: Session, name: string, options: CreateTokenOptions): Promise<void> {
  const { io, tenant, client, printer } = session;
  const { role, application, expires } = options;
  if (!ROLES.includes(role)) throw usage(`--role: expected ${ROLES.join(', ')}; got "${role}"`);
  const created = await client.mutate(CreateToken, {
    name,
    role: role.toUpperCase() as Role,
    ...(application !== undefined && { application }),
    ...(expires === 'never'
      ? { neverExpires: true }
      : { expiresInSeconds: Math.ceil(parseDuration(expires, '--expires')) }),
    // An operator's token belongs to no tenant, whichever the context names.
    ...(tenant !== undefined && role !== 'operator' && { tenant }),
  });
  const { token, bearer } = created;
  const end = token?.expiresAt ?? null;
  say(io, `token "${name}" made; it ends ${end === null ? 'when it is revoked' : relative(end, io.now())}`);
  say(io, 'it is shown this once: keep it where only its user reads it');
  await printer.one({ token, bearer }, () => bearer ?? '');
}

export async function getTokens(session: Session, name: string | undefined): Promise<void> {
  await get(session, 'tokens', name, { limit: '50' });
}

export async function revokeToken(session: Session, name: string): Promise<void> {
  const { client, printer, tenant } = session;
  const { tokens } = await client.query(ListTokens, { tenant });
  const byUid = tokens.find(({ uid }) => uid === name);
  const byName = tokens.filter((token) => token.name === name && token.revokedAt === null);
  if (byUid === undefined && byName.length > 1)
    throw usage(`several tokens are called "${name}": give the uid, see "cartwright token get", or --tenant`);
  const found = byUid ?? byName[0];
  if (found === undefined) throw notFound(`there is no valid token "${name}"; see "cartwright token get"`);
  const { token } = await client.mutate(RevokeToken, { uid: found.uid });
  await printer.one(token, () => `token ${found.name} revoked`);
}
