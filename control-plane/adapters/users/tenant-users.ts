/**
 * A user id of the machine for each tenant, so that the kernel keeps tenants' processes and files from each other. Which
 * tenant has which is kept beside the instances, of which the same machine holds the rest of the truth.
 */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProviderError } from '../../app/errors.ts';
import { listPids, ownerOf, readStat, runs } from '../process/kernel.ts';
import { closeToOthers } from './access.ts';
import { ALLOCATIONS_FILE, readAllocations, writeAllocations, type Allocations } from './allocations.ts';

/** User ids, both ends included; each is a group id as well. */
export interface UserRange {
  readonly from: number;
  readonly to: number;
}

export interface TenantUsersOptions {
  readonly dataDirectory: string;
  readonly range: UserRange;
  /** Uid of the tenant that has this name now; another tenant of the same name is another one. */
  readonly identify: (tenant: string) => Promise<string>;
}

/**
 * Throws `ProviderError` TENANT_USERS_NOT_PERMITTED without the right to start processes as other users, and
 * TENANT_USERS_DAMAGED when what was given to whom cannot be read.
 */
export async function openTenantUsers(options: TenantUsersOptions): Promise<TenantUsers> {
  if (process.getuid?.() !== 0)
    throw new ProviderError(
      'TENANT_USERS_NOT_PERMITTED',
      'only root can start the instances of each tenant as a user of its own; run the control plane as root, or leave out CARTWRIGHT_TENANT_USERS',
    );
  await closeToOthers(options.dataDirectory);
  return new TenantUsers(options, await readAllocations(join(options.dataDirectory, ALLOCATIONS_FILE)));
}

export class TenantUsers {
  readonly range: UserRange;
  readonly #options: TenantUsersOptions;
  readonly #users: Map<string, number>;
  readonly #path: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: TenantUsersOptions, users: Allocations) {
    this.range = options.range;
    this.#options = options;
    this.#users = new Map(users);
    this.#path = join(options.dataDirectory, ALLOCATIONS_FILE);
  }

  /**
   * The user id (and group id) of a tenant, on the disk before it is answered. One that was given to a tenant goes to no other
   * one, and none does that has processes or files here. Throws `ProviderError` TENANT_USERS_EXHAUSTED.
   */
  of(tenant: string): Promise<number> {
    const turn = this.#turn.then(() => this.#of(tenant));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #of(tenant: string): Promise<number> {
    const uid = await this.#options.identify(tenant);
    const known = this.#users.get(uid);
    if (known !== undefined) return known;
    // Another holder on the same folder may have given some out since.
    for (const [other, user] of await readAllocations(this.#path)) this.#users.set(other, user);
    const noted = this.#users.get(uid);
    if (noted !== undefined) return noted;
    const taken = new Set([...this.#users.values(), ...(await this.#present())]);
    const { from, to } = this.range;
    let user = from;
    while (taken.has(user)) user += 1;
    if (user > to)
      throw new ProviderError(
        'TENANT_USERS_EXHAUSTED',
        `no user id from ${from} to ${to} is left for the tenant ${tenant}; widen CARTWRIGHT_TENANT_USERS`,
      );
    await writeAllocations(this.#path, new Map([...this.#users, [uid, user]]));
    this.#users.set(uid, user);
    return user;
  }

  /**
   * User ids of which something is left on the machine, whatever was noted: processes, instances, builds. A process that has
   * ended and waits to be reaped can do nothing any more, and who reaps it may take long.
   */
  async #present(): Promise<Set<number>> {
    const found = new Set<number>();
    for (const pid of listPids()) {
      const owner = ownerOf(pid);
      if (owner !== undefined && runs(readStat(pid))) found.add(owner);
    }
    for (const folder of ['instances', 'builds/cache', 'builds/scratch']) {
      const path = join(this.#options.dataDirectory, folder);
      for (const name of await readdir(path)) {
        const stats = statSync(join(path, name), { throwIfNoEntry: false });
        if (stats !== undefined) found.add(stats.uid).add(stats.gid);
      }
    }
    return found;
  }
}
