/**
 * What must not leave an instance in a log: the values that the platform itself knows. They are told by those who know them,
 * under a name for each source, and replaced in lines before a line goes anywhere but the instance's own files.
 */

/** The port for those who know values: the token, secrets, credentials in the environment. */
interface MaskedValues {
  /** All values of one source; they take the place of those told before. Values below {@link SHORTEST_MASKED} are ignored. */
  set(source: string, values: Iterable<string>): void;
}

/** Shorter values would be found in too many innocent places. */
const SHORTEST_MASKED = 6;
export const MASK = '••••••';

export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Masking implements MaskedValues {
  readonly #sources = new Map<string, readonly string[]>();
  #values: readonly string[] = [];
  /** Finds out fast that a line has none of them, as nearly every line does. */
  #any: RegExp | undefined;
  #longest = 0;

  set(source: string, values: Iterable<string>): void {
    this.#sources.set(source, [...values].flatMap(formsOf));
    this.#values = [...new Set([...this.#sources.values()].flat())];
    this.#longest = this.#values.reduce((longest, value) => Math.max(longest, value.length), 0);
    this.#any = anyOf(this.#values);
  }

  /** All that is replaced, in each of its forms. */
  get values(): readonly string[] {
    return this.#values;
  }

  /** Characters of the longest value. */
  get longest(): number {
    return this.#longest;
  }

  /** The beginning of a text, for so many of its characters, masked; a value that begins in it is masked whole. */
  apply(text: string, characters = text.length): string {
    if (this.#any?.test(text) !== true) return text.slice(0, characters);
    let shown = '';
    let at = 0;
    for (const { from, to } of merged(spansIn(text, this.#values))) {
      if (from >= characters) break;
      shown += text.slice(at, from) + MASK;
      at = to;
    }
    return at >= characters ? shown : shown + text.slice(at, characters);
  }
}

/** Finds out fast whether a text has one of the values; `undefined` where there are none. */
export function anyOf(values: readonly string[]): RegExp | undefined {
  return values.length === 0 ? undefined : new RegExp(values.map(escaped).join('|'));
}

/** Where values stand in a text, in no order. */
export function spansIn(text: string, values: readonly string[]): Span[] {
  const found: Span[] = [];
  for (const value of values) {
    for (let from = text.indexOf(value); from >= 0; from = text.indexOf(value, from + 1))
      found.push({ from, to: from + value.length });
  }
  return found;
}

/** In their order, those that overlap or touch as one. */
export function merged(spans: readonly Span[]): Span[] {
  const whole: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last === undefined || span.from > last.to) whole.push(span);
    else whole[whole.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
  }
  return whole;
}

/** As a program may print a value: as it is, a line of it at a time, in JSON, in a URL, in base64. */
function formsOf(value: string): string[] {
  const text = Buffer.from(value).toString();
  const forms = [value, ...value.split(/\r?\n/), JSON.stringify(value).slice(1, -1), base64(value)];
  // Half of a surrogate pair cannot stand in a URL.
  if (text === value) forms.push(encodeURIComponent(value));
  return forms.filter((form) => form.length >= SHORTEST_MASKED && value.length >= SHORTEST_MASKED);
}

/** Without its padding, so that it is found with and without. */
function base64(value: string): string {
  return Buffer.from(value).toString('base64').replace(/=+$/, '');
}

function escaped(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const CREDENTIALS = /([a-z][a-z0-9+.-]*):\/\/([^\s/?#@:]*)(?::([^\s/?#@]*))?@/gi;

/** Passwords in URLs of an environment; for HTTP without a password the user, which is a token then. */
export function credentialsIn(environment: Readonly<Record<string, string>>): string[] {
  return Object.values(environment).flatMap((value) =>
    [...value.matchAll(CREDENTIALS)].flatMap(([, scheme = '', user = '', password]) => {
      const isToken = password === undefined && /^https?$/i.test(scheme);
      const secret = isToken ? user : (password ?? '');
      return secret === '' ? [] : [secret, decoded(secret)];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A per cent sign that encodes nothing.
    return text;
  }
}
