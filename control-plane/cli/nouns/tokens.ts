import type { ResultOf } from '../client/document.ts';
import { ListTokens } from '../generated/operations.ts';
import type { Reference } from '../output/printer.ts';
import { NOTHING, relative, word } from '../output/text.ts';
import { noun } from './noun.ts';

type Token = ResultOf<typeof ListTokens>['tokens'][number];

function state({ revokedAt, expiresAt }: Token, now: number): string {
  if (revokedAt !== null) return `revoked ${relative(revokedAt, now)}`;
  if (expiresAt === null) return 'valid';
  return `${Date.parse(expiresAt) <= now ? 'expired' : 'expires'} ${relative(expiresAt, now)}`;
}

export const tokenReference: Reference<Token> = ({ name }) => `token/${name}`;

export const tokens = noun<Token>({
  plural: 'tokens',
  reference: tokenReference,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ROLE', value: ({ role }) => word(role) },
    { title: 'TENANT', value: ({ tenant }) => tenant ?? NOTHING },
    { title: 'APPLICATION', value: ({ application }) => application ?? NOTHING },
    { title: 'STATE', value: state },
    { title: 'CREATED', value: ({ createdAt }, now) => relative(createdAt, now) },
    { title: 'UID', value: ({ uid }) => uid },
    { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt ?? 'never', isWide: true },
  ],
  async list(session) {
    return (await session.client.query(ListTokens, { tenant: session.tenant })).tokens;
  },
  async find(session, name) {
    const { tokens: found } = await session.client.query(ListTokens, { tenant: session.tenant });
    const named = found.filter((token) => token.name === name || token.uid === name);
    // A name may be given again once its token was revoked.
    return named.find(({ revokedAt }) => revokedAt === null) ?? named.at(-1);
  },
});
