/** What one transaction changes: each object as it was before the first and after the last write to it. */
import { difference, type Difference } from '../../domain/audit/difference.ts';
import type { AuditRecord } from '../records/audit.ts';
import type { Transaction } from '../ports/store.ts';
import { nameOf, overAudited, tenantOfObject, type Stored } from './objects.ts';

type Noun = Parameters<typeof nameOf>[0];

interface Touched {
  readonly noun: Noun;
  readonly before: Stored | undefined;
  after: Stored | undefined;
}

export interface Changed extends Difference {
  readonly tenant: string | null;
  readonly object: NonNullable<AuditRecord['object']>;
}

export class Changes {
  readonly #touched = new Map<string, Touched>();

  /** The transaction, with each write to an object noted. */
  watching(tx: Transaction): Transaction {
    return overAudited(tx, (noun, repository) => ({
      get: (uid) => repository.get(uid),
      find: (filter, page) => repository.find(filter, page),
      save: async (record) => {
        const touched = await this.#touch(noun, record.uid, () => repository.get(record.uid));
        await repository.save(record);
        touched.after = record;
      },
      delete: async (uid) => {
        const touched = await this.#touch(noun, uid, () => repository.get(uid));
        await repository.delete(uid);
        touched.after = undefined;
      },
    }));
  }

  async #touch(noun: Noun, uid: string, load: () => Promise<Stored | undefined>): Promise<Touched> {
    const key = `${noun} ${uid}`;
    const known = this.#touched.get(key);
    if (known !== undefined) return known;
    const before = await load();
    const touched = { noun, before, after: before };
    this.#touched.set(key, touched);
    return touched;
  }

  /** In the order of the writes; an object that is as it was is none. `otherwise`: what objects without a name are called. */
  list(otherwise: string | null): Changed[] {
    return [...this.#touched.values()].flatMap(({ noun, before, after }) => {
      const record = after ?? before;
      const changed = difference(before, after);
      if (record === undefined || changed === null) return [];
      const { kind, name } = nameOf(noun, record);
      const object = { kind, uid: record.uid, name: name ?? otherwise ?? record.uid };
      return [{ ...changed, tenant: tenantOfObject(noun, record), object }];
    });
  }
}
