/** Tokens: whether they are good, and what may be given. */
import type { Role, TokensListQuery } from '../../generated/operations.ts';
import type { Tone } from '../../components/words.ts';

export type Token = TokensListQuery['tokens'][number];

export type TokenState = 'valid' | 'ends-soon' | 'expired' | 'revoked';

const SOON_MILLISECONDS = 14 * 86_400_000;

/** @param now milliseconds since 1970 */
export function stateOf({ revokedAt, expiresAt }: Pick<Token, 'revokedAt' | 'expiresAt'>, now: number): TokenState {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'valid';
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? 'expired' : left < SOON_MILLISECONDS ? 'ends-soon' : 'valid';
}

export const TONES: Readonly<Record<TokenState, Tone>> = {
  valid: 'good',
  'ends-soon': 'warning',
  expired: '',
  revoked: '',
};

export function isGood(state: TokenState): boolean {
  return state === 'valid' || state === 'ends-soon';
}

/** Lowest first. */
const ROLES: readonly { readonly role: Role; readonly may: string }[] = [
  { role: 'VIEWER', may: 'sees everything, changes nothing' },
  { role: 'DEPLOYER', may: 'deploys, scales, pauses, rolls back as well' },
  { role: 'ADMIN', may: 'makes and revokes tokens, reads the audit as well' },
  { role: 'OPERATOR', may: 'everything in every tenant' },
];

/** Nobody gives more than the own role. */
export function rolesUpTo(role: Role): typeof ROLES {
  return ROLES.slice(0, ROLES.findIndex((each) => each.role === role) + 1);
}

/** How long a token is good: days, or without an end. */
export const LIFETIMES = [7, 30, 90, 365, null] as const;
export type Lifetime = (typeof LIFETIMES)[number];

export function lifetimeInput(
  days: Lifetime,
): { readonly neverExpires: true } | { readonly neverExpires: false; readonly expiresInSeconds: number } {
  return days === null ? { neverExpires: true } : { neverExpires: false, expiresInSeconds: days * 86_400 };
}
