/** docs/access.md, read: who may what, for every field of the schema. */
import { readFileSync } from 'node:fs';
import type { Role } from '../../app/records/tenants.ts';

/** Of whom a token has to be: of the application that a thing is of; of its tenant; of that as a whole; of anybody. */
type Scope = 'application' | 'tenant' | 'whole tenant' | 'anybody';

export interface Who {
  readonly least: Role;
  readonly scope: Scope;
}

const WHO: Readonly<Record<string, Who>> = {
  'every token': { least: 'viewer', scope: 'anybody' },
  'viewer of the application': { least: 'viewer', scope: 'application' },
  'viewer of the tenant': { least: 'viewer', scope: 'tenant' },
  'deployer of the application': { least: 'deployer', scope: 'application' },
  'deployer of the tenant': { least: 'deployer', scope: 'tenant' },
  'deployer of the whole tenant': { least: 'deployer', scope: 'whole tenant' },
  'admin of the application': { least: 'admin', scope: 'application' },
  'admin of the whole tenant': { least: 'admin', scope: 'whole tenant' },
  operator: { least: 'operator', scope: 'whole tenant' },
};

/** By `Type.field`. Throws for a row that cannot be read and for a field that has two. */
export function readAccessTable(file = 'docs/access.md'): Map<string, Who> {
  const table = new Map<string, Who>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const row = /^\| `(\w+)` \| (.+) \| (.+?) +\|$/.exec(line.replaceAll(/ +/g, ' '));
    if (row === null) continue;
    const [, type = '', fields = '', text = ''] = row;
    const who = WHO[text.trim()];
    if (who === undefined) throw new Error(`${file}: "${text}" is none of: ${Object.keys(WHO).join(', ')}`);
    for (const [, field] of fields.matchAll(/`(\w+)`/g)) {
      const name = `${type}.${field}`;
      if (table.has(name)) throw new Error(`${file}: ${name} has two rows`);
      table.set(name, who);
    }
  }
  return table;
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, deployer: 1, admin: 2, operator: 3 };

/** Whether a token of the thing's own tenant (or the platform's) may, `application`: one that is for that application only. */
export function may({ least, scope }: Who, role: Role, isOfOneApplication: boolean): boolean {
  return RANK[role] >= RANK[least] && !(isOfOneApplication && scope === 'whole tenant');
}
