/** Quantities as people write them, parsed to base units. */
import * as z from 'zod';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** Bytes from `134217728`, `128Mi`, `1.5Gi`, `200M`; `undefined` when the text is none of these. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|Ki|Mi|Gi)?$/.exec(text);
  return match ? Math.round(Number(match[1]) * UNITS[match[2] ?? '']!) : undefined;
}

const EXPECTED_BYTES = 'expected bytes such as 128Mi, 1.5Gi, 200M or a whole number';

/** Accepts a whole number of bytes or a text with a unit; the value is a number of bytes. */
export const bytes = z
  .union([z.int().positive(), z.string().regex(/^\d+(\.\d+)?(k|M|G|Ki|Mi|Gi)?$/, EXPECTED_BYTES)], EXPECTED_BYTES)
  .transform((value) => (typeof value === 'number' ? value : parseBytes(value)!))
  .pipe(z.int('expected less than 8 PiB').positive())
  .describe('Bytes: a whole number, or a number with k, M, G, Ki, Mi or Gi.');
