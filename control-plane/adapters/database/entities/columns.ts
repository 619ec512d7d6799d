/**
 * Column builders that every entity shares, chosen so that a record comes back exactly as it went in, from SQLite and from
 * PostgreSQL alike.
 *
 * Nested parts are JSON in a `text` column and not in PostgreSQL's `jsonb`: that would refuse U+0000, sort the keys and
 * rewrite numbers, and a decision must be computed again to the bit. Nothing queries inside of them.
 */
import { p, Type } from '@mikro-orm/sql';

/** A JSON value in a text column; null is SQL's null. What JSON does not know (undefined, NaN, -0) is not kept. */
export class JsonText extends Type<unknown, string | null> {
  override convertToDatabaseValue(value: unknown): string | null {
    return value === null || value === undefined ? null : JSON.stringify(value);
  }
  override convertToJSValue(value: string | null): unknown {
    return value === null ? null : (JSON.parse(value) as unknown);
  }
  override getColumnType(): string {
    return 'text';
  }
  override compareAsType(): string {
    return 'string';
  }
}

export const uid = () => p.text().primary();
export const text = () => p.text();
/** Whole numbers up to 2^31. */
export const integer = () => p.integer();
export const flag = () => p.boolean();
/** Milliseconds since the epoch. A double holds every number of JavaScript exactly; a 32 bit integer would not hold these. */
export const milliseconds = () => p.double();
export const json = () => p.type(JsonText);
export const bytes = () => p.uint8array();

/** Says that an entity has one property for each field of its record, no more and no less. */
export type ColumnsOf<T> = Readonly<Record<keyof T, unknown>>;
