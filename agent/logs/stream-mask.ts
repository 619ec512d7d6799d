/**
 * Masks a stream of bytes as it flows, for output that is not lines: every byte that belongs to none of the values comes out as it
 * came in. What may be the beginning of a value is held back until it is known, so a value is found however it is cut into pieces.
 */
import { anyOf, MASK, merged, spansIn, type Masking } from './masking.ts';

/** A character of a text for each byte, so that strings can be searched. */
const BYTES = 'latin1';
const MASK_BYTES = bytesOf(MASK);

export class StreamMask {
  readonly #values: readonly string[];
  readonly #any: RegExp | undefined;
  readonly #longest: number;
  readonly #beginnings: ReadonlySet<string>;
  /** The end of what came, which may be the beginning of a value. */
  #held = '';
  /** So much of `#held` is behind a mask that was given already; null: the last that was given is no mask. */
  #covered: number | null = null;

  /** @param masking of which the values as they are now count */
  constructor(masking: Pick<Masking, 'values'>) {
    this.#values = masking.values.map(bytesOf);
    this.#any = anyOf(this.#values);
    this.#longest = this.#values.reduce((longest, value) => Math.max(longest, value.length), 0);
    this.#beginnings = new Set(this.#values.map((value) => value[0]!));
  }

  /** What can be told of the stream now. */
  write(chunk: Buffer): Buffer {
    if (this.#any === undefined) return chunk;
    return this.#take(this.#held + chunk.toString(BYTES), false);
  }

  /** The rest, when nothing more comes. */
  end(): Buffer {
    return this.#take(this.#held, true);
  }

  #take(text: string, isLast: boolean): Buffer {
    const until = isLast ? text.length : this.#undecided(text);
    let given = '';
    let at = 0;
    let isMasked = false;
    for (const { from, to } of this.#spansIn(text)) {
      const isGiven = from === 0 && this.#covered !== null;
      if (from >= until && !isGiven) break;
      given += text.slice(at, from) + (isGiven ? '' : MASK_BYTES);
      at = to;
      isMasked = true;
    }
    if (at < until) given += text.slice(at, until);
    this.#covered = isMasked && at >= until ? at - until : null;
    this.#held = text.slice(until);
    return Buffer.from(given, BYTES);
  }

  /** With what is behind a mask already, which one that follows at once goes on with. */
  #spansIn(text: string) {
    const found = this.#any?.test(text) === true ? spansIn(text, this.#values) : [];
    return merged(this.#covered === null ? found : [{ from: 0, to: this.#covered }, ...found]);
  }

  /** Where the longest end of the text begins that may go on to be a value. */
  #undecided(text: string): number {
    for (let from = Math.max(0, text.length - this.#longest + 1); from < text.length; from += 1) {
      if (!this.#beginnings.has(text[from]!)) continue;
      const end = text.slice(from);
      if (this.#values.some((value) => value.length > end.length && value.startsWith(end))) return from;
    }
    return text.length;
  }
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString(BYTES);
}
