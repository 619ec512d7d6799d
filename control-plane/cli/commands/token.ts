/** `token create`, `get`, `revoke`. */
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { notFound, usage } from '../exit.ts';
import { CreateToken, ListTokens, RevokeToken, type Role } from '../generated/operations.ts';
import { say } from '../io.ts';
import { relative } from '../output/text.ts';
import { tokenReference, tokens } from '../nouns/tokens.ts';
import { getNoun } from './get.ts';
import type { CreateTokenOptions } from './register-tenancy.ts';

/** That the control plane gives. */
const LIFETIMES = { least: '60s', most: '1830d' };

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
      : { expiresInSeconds: Math.ceil(parseDuration(expires, '--expires', LIFETIMES)) }),
    // An operator's token belongs to no tenant, whichever the context names.
    ...(tenant !== undefined && role !== 'operator' && { tenant }),
  });
  const { token, bearer } = created;
  const end = token?.expiresAt ?? null;
  say(io, `token "${name}" made; it ends ${end === null ? 'when it is revoked' : relative(end, io.now())}`);
  say(io, 'it is shown this once: keep it where only its user reads it');
  await printer.bare({ token, bearer }, bearer ?? '', token === null ? [] : [tokenReference(token)]);
}

export async function getTokens(session: Session, name: string | undefined): Promise<void> {
  await getNoun(session, tokens, { name });
}

export async function revokeToken(session: Session, name: string, options: Confirmation): Promise<void> {
  const { client, printer, tenant } = session;
  const { tokens: all } = await client.query(ListTokens, { tenant });
  const byUid = all.find(({ uid }) => uid === name);
  const byName = all.filter((token) => token.name === name && token.revokedAt === null);
  if (byUid === undefined && byName.length > 1)
    throw usage(`several tokens are called "${name}": give the uid, see "cartwright token get", or --tenant`);
  const found = byUid ?? byName[0];
  if (found === undefined) throw notFound(`there is no valid token "${name}"; see "cartwright token get"`);
  await confirm(session.io, options, `revoke the token "${found.name}" and end what it holds open?`);
  const { token } = await client.mutate(RevokeToken, { uid: found.uid });
  await printer.one(token, () => `token ${found.name} revoked`, tokenReference);
}
