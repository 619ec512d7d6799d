/** The file that says which tenant has which user id of the machine. */
import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import { ProviderError } from '../../app/errors.ts';

export const ALLOCATIONS_FILE = 'tenant-users.json';

/** User id by the tenant's uid; no id twice. */
export type Allocations = ReadonlyMap<string, number>;

const schema = z.object({ v: z.literal(1), users: z.record(z.string().min(1).max(100), z.int().positive()) });

/** Throws an `Error` that says what is wrong with the text. */
export function parseAllocations(text: string): Allocations {
  const users = Object.entries(schema.parse(JSON.parse(text)).users);
  const owners = new Map<number, string>();
  for (const [tenant, user] of users) {
    const other = owners.get(user);
    if (other !== undefined) throw new Error(`it gives the user id ${user} to the tenants ${other} and ${tenant}`);
    owners.set(user, tenant);
  }
  return new Map(users);
}

/** Empty where there is no such file. Throws `ProviderError` TENANT_USERS_DAMAGED. */
export async function readAllocations(path: string): Promise<Allocations> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  try {
    return parseAllocations(text);
  } catch (error) {
    throw new ProviderError(
      'TENANT_USERS_DAMAGED',
      `${path} does not say which tenant has which user id (${(error as Error).message.split('\n', 1)[0]}); put it back from a copy or a backup. Without instances and builds of any tenant it can be removed`,
      { cause: error },
    );
  }
}

/** The file is the old or the new one, never a part, and for its owner alone. */
export async function writeAllocations(path: string, users: Allocations): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ v: 1, users: Object.fromEntries(users) })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** What of a tenant's is on the machine with a user id; `tenant` is null where nobody knows whose it is. */
export interface PresentUser {
  readonly tenant: string | null;
  readonly user: number;
}

export interface Joined {
  readonly users: Allocations;
  /** Tenants of the archive that cannot have the id that they had: somebody else's things here have it. */
  readonly refused: readonly { readonly tenant: string; readonly user: number }[];
}

/**
 * Brings an archive's allocations to a machine. What the machine itself says wins: first its own file, then what is there of
 * tenants' with a user id, then the archive. Pure; no id is given twice.
 */
export function joinAllocations(machine: Allocations, present: readonly PresentUser[], archive: Allocations): Joined {
  const users = new Map(machine);
  const owners = new Map([...machine].map(([tenant, user]) => [user, tenant]));
  const give = (tenant: string, user: number): boolean => {
    if (users.has(tenant) || owners.has(user)) return users.get(tenant) === user;
    users.set(tenant, user);
    owners.set(user, tenant);
    return true;
  };
  for (const { tenant, user } of present) if (tenant !== null) give(tenant, user);
  const ofNobody = new Set(present.filter(({ user }) => !owners.has(user)).map(({ user }) => user));
  const refused: { tenant: string; user: number }[] = [];
  for (const [tenant, user] of archive) {
    const isPossible = !ofNobody.has(user) && give(tenant, user);
    if (!isPossible && !users.has(tenant)) refused.push({ tenant, user });
  }
  return { users, refused };
}
