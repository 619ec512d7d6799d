/**
 * Reads and writes one table as plain records, through MikroORM's query builder.
 *
 * No entity is made and nothing is kept in an identity map: a record goes in and comes out whole, and the same code serves
 * inside and outside of a transaction (the entity manager knows). An upsert costs half of `em.upsert`.
 */
import type { EntityName, SqlEntityManager } from '@mikro-orm/sql';
import { RequestError } from '../../app/errors.ts';
import type { Filter, Page } from '../../app/ports/store.ts';
import { JsonText } from './entities/columns.ts';

/** U+0000, and halves of surrogate pairs without their other half. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Databases bound the values of one statement. */
const INSERTED_AT_ONCE = 500;

type Row = Record<string, unknown>;
/** As {@link Page}; `after` is a value of the column that gives the order. */
type TablePage = Omit<Page, 'after'> & {
  readonly after?: string | number;
  /** Only rows whose value of a column lies from `from` on and before `to`. */
  readonly within?: { readonly column: string; readonly from?: number | undefined; readonly to?: number | undefined };
};
type Scalar = string | number | boolean | null;

export class Table<T extends object> {
  readonly #entity: EntityName<Row>;
  readonly #name: string;
  readonly #jsonColumns: readonly string[];
  readonly #plainColumns: readonly string[];

  constructor(em: SqlEntityManager, entity: unknown) {
    this.#entity = entity as EntityName<Row>;
    const meta = em.getMetadata().get<Row>(this.#entity);
    this.#name = meta.tableName;
    const of = (isJson: boolean) =>
      meta.props.filter((prop) => prop.customType instanceof JsonText === isJson).map((prop) => String(prop.name));
    this.#jsonColumns = of(true);
    this.#plainColumns = of(false);
  }

  async get(em: SqlEntityManager, key: Readonly<Record<string, Scalar>>): Promise<T | undefined> {
    const [row] = await em.createQueryBuilder(this.#entity).select('*').where(key).limit(1).execute<Row[]>('all');
    return row === undefined ? undefined : this.#record(row);
  }

  /** In order of `order`, a unique column. */
  async find(em: SqlEntityManager, filter: Filter<T>, page: TablePage, order = 'uid'): Promise<T[]> {
    const conditions = this.#conditions(filter);
    if (conditions === undefined || page.limit === 0) return [];
    const newestFirst = page.newestFirst === true;
    const query = em.createQueryBuilder(this.#entity).select('*');
    if (page.after !== undefined) conditions.push({ [order]: newestFirst ? { $lt: page.after } : { $gt: page.after } });
    conditions.push(...boundsOf(page.within));
    if (conditions.length > 0) query.where({ $and: conditions });
    query.orderBy({ [order]: newestFirst ? 'desc' : 'asc' });
    if (page.limit !== undefined) query.limit(page.limit);
    return (await query.execute<Row[]>('all')).map((row) => this.#record(row));
  }

  /** Inserts the record, or replaces the one with the same uid. */
  async upsert(em: SqlEntityManager, record: T): Promise<void> {
    this.#checkText(record);
    await em
      .createQueryBuilder(this.#entity)
      .insert({ ...record })
      .onConflict('uid')
      .merge()
      .execute('run');
  }

  /** Inserts in the given order and returns the value of `generated` of each. */
  async insert(em: SqlEntityManager, records: readonly Partial<T>[], generated: string): Promise<number[]> {
    for (const record of records) this.#checkText(record);
    const rows = await em
      .createQueryBuilder(this.#entity)
      .insert(records.map((record) => ({ ...record })))
      .returning([generated])
      .execute<Row[]>('all');
    // Rows are numbered in the order of insertion, but neither database promises to return them in that order.
    return rows.map((row) => Number(row[generated])).sort((a, b) => a - b);
  }

  /** Inserts records that must not be there yet. */
  async append(em: SqlEntityManager, records: readonly T[]): Promise<void> {
    for (const record of records) this.#checkText(record);
    for (let start = 0; start < records.length; start += INSERTED_AT_ONCE) {
      const some = records.slice(start, start + INSERTED_AT_ONCE).map((record) => ({ ...record }));
      await em.createQueryBuilder(this.#entity).insert(some).execute('run');
    }
  }

  async delete(em: SqlEntityManager, key: Readonly<Record<string, Scalar | readonly Scalar[]>>): Promise<void> {
    await em
      .createQueryBuilder(this.#entity)
      .delete({ ...key })
      .execute('run');
  }

  has(column: string): boolean {
    return this.#plainColumns.includes(column);
  }

  /** Removes up to `limit` rows in which a column lies below its limit (null never does), and returns how many. */
  async deleteBelow(
    em: SqlEntityManager,
    key: string,
    limits: Readonly<Record<string, number>>,
    limit: number,
  ): Promise<number> {
    const where = Object.fromEntries(Object.entries(limits).map(([column, value]) => [column, { $lt: value }]));
    return this.deleteSome(em, key, where, limit);
  }

  /** Removes up to `limit` of the rows that a condition holds for, by the unique column `key`, and returns how many. */
  async deleteSome(
    em: SqlEntityManager,
    key: string,
    where: Readonly<Record<string, unknown>>,
    limit: number,
  ): Promise<number> {
    const rows = await em
      .createQueryBuilder(this.#entity)
      .select([key])
      .where(where)
      .limit(limit)
      .execute<Row[]>('all');
    const keys = rows.map((row) => row[key] as Scalar);
    if (keys.length > 0) await this.delete(em, { [key]: keys });
    return keys.length;
  }

  async distinct(em: SqlEntityManager, column: string): Promise<string[]> {
    const rows = await em.createQueryBuilder(this.#entity).select([column], true).execute<Row[]>('all');
    return rows.map((row) => String(row[column]));
  }

  #record(row: Row): T {
    const record: Row = { ...row };
    for (const column of this.#jsonColumns) {
      const value = record[column];
      if (typeof value === 'string') record[column] = JSON.parse(value) as unknown;
    }
    return record as T;
  }

  /** `undefined`: nothing can match. */
  #conditions(filter: Filter<T>): Row[] | undefined {
    const conditions: Row[] = [];
    for (const [column, wanted] of Object.entries<unknown>(filter)) {
      if (wanted === undefined) continue;
      if (!this.#plainColumns.includes(column)) {
        throw new RequestError('INVALID', `${this.#name} cannot be filtered by "${column}"`, { field: column });
      }
      const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      if (!values.every(isScalar)) {
        throw new RequestError('INVALID', `the filter on "${column}" must be a value or a list of values`, {
          field: column,
        });
      }
      const alternatives = alternativesOf(column, values.filter(isStorable));
      if (alternatives.length === 0) return undefined;
      conditions.push(alternatives.length === 1 ? (alternatives[0] as Row) : { $or: alternatives });
    }
    return conditions;
  }

  /** SQL text ends at U+0000 and has no half surrogates: such a text would be cut or changed without a word. JSON escapes both. */
  #checkText(record: object): void {
    for (const column of this.#plainColumns) {
      const value = (record as Row)[column];
      if (value === undefined || value instanceof Uint8Array || isStorable(value)) continue;
      throw new RequestError(
        'INVALID',
        `the field "${column}" of a ${this.#name} holds U+0000, half a surrogate pair or no finite number; it cannot be stored`,
        { field: column },
      );
    }
  }
}

function boundsOf(within: TablePage['within']): Row[] {
  if (within === undefined) return [];
  const { column, from, to } = within;
  return [
    ...(from === undefined ? [] : [{ [column]: { $gte: from } }]),
    ...(to === undefined ? [] : [{ [column]: { $lt: to } }]),
  ];
}

/** `in` never matches null, so null stands beside it. */
function alternativesOf(column: string, values: readonly Scalar[]): Row[] {
  const present = values.filter((value) => value !== null);
  const alternatives: Row[] = [];
  if (present.length === 1) alternatives.push({ [column]: present[0] });
  if (present.length > 1) alternatives.push({ [column]: { $in: present } });
  if (present.length < values.length) alternatives.push({ [column]: null });
  return alternatives;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isStorable(value: unknown): value is Scalar {
  if (typeof value === 'string') return !UNSTORABLE.test(value);
  return typeof value === 'number' ? Number.isFinite(value) : value === null || typeof value === 'boolean';
}
