/** Who asks. Every resolver and every use case takes one. */
import type { Role } from './records/tenants.ts';

/** What a token stands for. Never read its parts to decide who may what: access.ts does, and nothing else. */
export interface Principal {
  /** Uid of the token. */
  readonly token: string;
  readonly name: string;
  readonly role: Role;
  /** Null for platform operators, who name a tenant. */
  readonly tenant: string | null;
  /** Name of the only application that the token is for; null: all of its tenant's. */
  readonly application: string | null;
}
