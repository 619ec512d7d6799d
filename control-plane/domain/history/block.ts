/**
 * A block of the demand history: columns of equally spaced points, compressed.
 *
 *     byte 0        version of the format, 1
 *     bytes 1–2     length h of the header, little endian
 *     h bytes       header, JSON: {"points": n, "columns": [name, …]}
 *     the rest      raw DEFLATE of: for each column its n values as 32 bit floats, in four planes, the
 *                   lowest byte of all values first, the highest last
 *
 * A value keeps 13 bits of its mantissa (a relative error of at most 2⁻¹³, far below what load is measured with): what is noise
 * anyway would not compress. In planes the sign and exponent of neighbours, which hardly differ, lie side by side. NaN says
 * that nothing is known of a point. A block of a calm hour takes a few hundred bytes.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

export interface Block {
  /** Values by column; all of the same length. NaN: unknown. */
  readonly columns: ReadonlyMap<string, Float32Array>;
  readonly points: number;
}

const VERSION = 1;
const HEADER_AT = 3;
const BYTES = 4;
const MOST_POINTS = 100_000;
const MOST_COLUMNS = 200;
/** Lowest bits of the 23 of a 32 bit float's mantissa that are rounded away. */
const DROPPED_BITS = 10;

/** Values beyond a 32 bit float's range become its largest. Throws `RangeError` for columns of unequal length. */
export function encodeBlock({ columns, points }: Block): Uint8Array {
  const header = Buffer.from(JSON.stringify({ points, columns: [...columns.keys()] }));
  const body = new Uint8Array(columns.size * points * BYTES);
  let offset = 0;
  for (const [name, values] of columns) {
    if (values.length !== points) throw new RangeError(`column ${name} has ${values.length} of ${points} points`);
    const bits = new Uint32Array(values.length);
    for (let index = 0; index < points; index += 1) bits[index] = rounded(values[index]!);
    for (let plane = 0; plane < BYTES; plane += 1)
      for (let index = 0; index < points; index += 1) body[offset++] = bits[index]! >>> (8 * plane);
  }
  const start = Buffer.alloc(HEADER_AT);
  start.writeUInt8(VERSION, 0);
  start.writeUInt16LE(header.length, 1);
  return Buffer.concat([start, header, deflateRawSync(body)]);
}

/** `undefined` for what is no block of a version that this program reads. */
export function decodeBlock(bytes: Uint8Array): Block | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEADER_AT || buffer.readUInt8(0) !== VERSION) return undefined;
  const end = HEADER_AT + buffer.readUInt16LE(1);
  const header = readHeader(buffer.subarray(HEADER_AT, end).toString());
  if (header === undefined) return undefined;
  const { points, columns: names } = header;
  const expected = names.length * points * BYTES;
  let body: Buffer;
  try {
    // One byte more than expected is allowed, so that a body that is too long is seen as such and never unpacked whole.
    body = inflateRawSync(buffer.subarray(end), { maxOutputLength: expected + 1 });
  } catch {
    return undefined;
  }
  if (body.length !== expected) return undefined;
  const columns = new Map<string, Float32Array>();
  for (const [place, name] of names.entries()) {
    const bits = new Uint32Array(points);
    const offset = place * points * BYTES;
    for (let plane = 0; plane < BYTES; plane += 1)
      for (let index = 0; index < points; index += 1)
        bits[index]! |= body[offset + plane * points + index]! << (8 * plane);
    columns.set(name, new Float32Array(bits.buffer));
  }
  return { columns, points };
}

export function unknownColumn(points: number): Float32Array {
  return new Float32Array(points).fill(Number.NaN);
}

const NAN_BITS = 0x7fc0_0000;
const LARGEST = 3.4e38;
const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function rounded(value: number): number {
  if (Number.isNaN(value)) return NAN_BITS;
  scratch[0] = Math.max(-LARGEST, Math.min(LARGEST, value));
  const half = 1 << (DROPPED_BITS - 1);
  // Carries into the exponent where it must: the next power of two.
  return ((scratchBits[0]! + half) >>> DROPPED_BITS) << DROPPED_BITS;
}

function readHeader(text: string): { points: number; columns: string[] } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { points, columns } = (value ?? {}) as { points?: unknown; columns?: unknown };
  const isValid =
    Number.isInteger(points) &&
    (points as number) >= 0 &&
    (points as number) <= MOST_POINTS &&
    Array.isArray(columns) &&
    columns.length <= MOST_COLUMNS &&
    columns.every((name) => typeof name === 'string') &&
    new Set(columns).size === columns.length;
  return isValid ? { points: points as number, columns: columns } : undefined;
}
