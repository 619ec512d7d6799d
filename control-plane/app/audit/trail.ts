/**
 * Keeps a record of every mutation: who asked for what, what it changed, what became of it.
 *
 * What a mutation changes is seen where it is stored, and recorded in the same transaction: no use case has to think of it, and
 * none can leave it out. One that changes nothing, or that is refused, is recorded at its end. There is one record for each
 * object that changed; those of one request have the same `request`.
 */
import { actorOf, concerned } from '../access.ts';
import { CartwrightError, isForCallers, StoreUnavailable } from '../errors.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Repositories, Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { AuditRecord } from '../records/audit.ts';
import type { Mutations } from '../use-cases.ts';
import { askedObject, recorded } from './asked-object.ts';
import { Changes } from './changes.ts';
import { overAudited } from './objects.ts';
import { currentScope, within, type AuditRequest, type Scope } from './scope.ts';

export interface AuditTrailOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly newUid: NewUid;
  /** Told of records that could not be stored, whole, so that they stand in the program's log at least. */
  readonly onFailure: (error: unknown, records: readonly AuditRecord[]) => void;
}

type Ending = Pick<AuditRecord, 'outcome' | 'code'>;
type Subject = Pick<AuditRecord, 'tenant' | 'object' | 'before' | 'after'>;

export class AuditTrail {
  readonly #options: AuditTrailOptions;
  /** The store that everything writes through; what is no mutation goes through it unseen. */
  readonly store: Store;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.store = this.#watched(options.store);
  }

  /** Runs a mutation, or what asks for one, with its record. A mutation that it asks for itself is a part of it. */
  async run<T>(principal: Principal, request: AuditRequest, work: () => Promise<T>): Promise<T> {
    if (currentScope()?.principal === principal) return work();
    const { mutation, input = null, address = null, idempotencyKey = null } = request;
    const scope: Scope = {
      principal,
      actor: actorOf(principal),
      request: {
        mutation,
        input: null,
        address,
        idempotencyKey: idempotencyKey === null ? null : recorded(idempotencyKey),
        request: request.request ?? this.#options.newUid(this.#options.now()),
      },
      asked: askedObject(mutation, input),
      written: 0,
      isOver: false,
    };
    try {
      const result = await within(scope, work);
      scope.isOver = true;
      if (scope.written === 0) await this.#end(scope, { outcome: 'unchanged', code: null });
      return result;
    } catch (error) {
      scope.isOver = true;
      await this.#end(scope, endingOf(error), error);
      throw error;
    }
  }

  /** Each of these mutations leaves a record, whoever calls it. */
  over(mutations: Mutations): Mutations {
    type Mutate = (principal: Principal, input: unknown, ...rest: unknown[]) => Promise<unknown>;
    const audited = Object.entries(mutations).map(([mutation, mutate]: [string, Mutate]) => {
      const run: Mutate = (principal, input, ...rest) => {
        const named = typeof input === 'string' ? { uid: input } : input;
        // As the method of what it is one of.
        return this.run(principal, { mutation, input: named }, async () =>
          mutate.call(mutations, principal, input, ...rest),
        );
      };
      return [mutation, run];
    });
    return Object.fromEntries(audited) as Mutations;
  }

  #watched(store: Store): Store {
    const transaction: Store['transaction'] = async (work) => {
      const scope = currentScope();
      if (scope === undefined) return store.transaction(work);
      let written = 0;
      const result = await store.transaction(async (tx) => {
        const changes = new Changes();
        const done = await work(changes.watching(tx));
        const records: AuditRecord[] = [];
        const ending = { outcome: 'done', code: null } as const;
        for (const changed of changes.list(scope.asked.object?.name ?? null))
          records.push(await this.#record(scope, changed, ending, tx));
        await tx.audit.append(records);
        written = records.length;
        return done;
      });
      scope.written += written;
      return result;
    };
    const watched = overAudited(store, (noun, repository) => ({
      get: (uid) => repository.get(uid),
      find: (filter, page) => repository.find(filter, page),
      save: (record) =>
        currentScope() === undefined
          ? repository.save(record)
          : transaction((tx) => (tx[noun] as unknown as typeof repository).save(record)),
      delete: (uid) =>
        currentScope() === undefined
          ? repository.delete(uid)
          : transaction((tx) => (tx[noun] as unknown as typeof repository).delete(uid)),
    }));
    return { ...watched, transaction };
  }

  /** Records a mutation that changed nothing, or that failed. Never throws: the mutation's own end is what its caller is told. */
  async #end(scope: Scope, ending: Ending, failure?: unknown): Promise<void> {
    const { store, onFailure } = this.#options;
    const tenant = concerned(scope.principal, scope.asked.tenant, scope.asked.isOfTenant);
    const subject: Subject = { tenant, object: scope.asked.object, before: null, after: null };
    // A database that is away would let the caller wait once more.
    if (failure instanceof StoreUnavailable) {
      onFailure(failure, [await this.#record(scope, subject, ending)]);
      return;
    }
    try {
      await store.audit.append([await this.#record(scope, subject, ending, store)]);
    } catch (error) {
      onFailure(error, [await this.#record(scope, subject, ending)]);
    }
  }

  async #record(
    scope: Scope,
    { tenant, object, before, after }: Subject,
    ending: Ending,
    repositories?: Pick<Repositories, 'tenants'>,
  ): Promise<AuditRecord> {
    const { now, newUid } = this.#options;
    const at = now();
    const { mutation, address, idempotencyKey, request } = scope.request;
    const [owner] =
      tenant === null || repositories === undefined ? [] : await repositories.tenants.find({ name: tenant });
    return {
      uid: newUid(at),
      at,
      tenant,
      tenantUid: owner?.uid ?? null,
      actor: scope.actor,
      mutation,
      ...ending,
      object,
      before,
      after,
      address,
      idempotencyKey,
      request: request ?? '',
    };
  }
}

/** What the caller can put right was refused; anything else failed. */
function endingOf(error: unknown): Ending {
  const code = error instanceof CartwrightError ? error.code : 'INTERNAL';
  return { outcome: isForCallers(error) ? 'refused' : 'failed', code };
}
