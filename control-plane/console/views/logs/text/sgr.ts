/** Select Graphic Rendition (ECMA-48, 8.3.117; colours after ISO 8613-6 and xterm): how a program wants its text to look. */

/** A colour: of the 256 of a terminal (0–255), or red, green and blue (0xRRGGBB) above {@link TRUE_COLOUR}; null: the usual one. */
export type Colour = number | null;
/** What lies above it is 24 bits of red, green and blue. */
export const TRUE_COLOUR = 0x1000000;

export interface Style {
  readonly foreground: Colour;
  readonly background: Colour;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly strike: boolean;
  readonly inverse: boolean;
}

export const PLAIN: Style = {
  ...{ foreground: null, background: null, bold: false, dim: false, italic: false },
  ...{ underline: false, strike: false, inverse: false },
};

const NAMES = Object.keys(PLAIN) as (keyof Style)[];

export function isSameStyle(one: Style, other: Style): boolean {
  return one === other || NAMES.every((name) => one[name] === other[name]);
}

/**
 * The style after an SGR sequence; {@link PLAIN} itself where nothing is special.
 *
 * Blinking and hidden text are shown as any other: a log hides nothing. Codes that are not known change nothing.
 * @param parameters what stands between `ESC [` and `m`: digits, semicolons and colons
 */
export function applySgr(before: Style, parameters: string): Style {
  const codes = parameters.split(';');
  let style = before;
  for (let index = 0; index < codes.length; index += 1) {
    const [code = 0, ...rest] = codes[index]!.split(':').map(Number);
    if (code === 38 || code === 48 || code === 58) {
      const isInOne = rest.length > 0;
      const given = isInOne ? rest : codes.slice(index + 1, index + 5).map(Number);
      const { colour, used } = extended(given, isInOne);
      if (!isInOne) index += used;
      if (colour !== undefined && code !== 58)
        style = { ...style, [code === 38 ? 'foreground' : 'background']: colour };
    } else if (code === 4 && rest[0] === 0) style = { ...style, underline: false };
    else style = applied(style, code);
  }
  return isSameStyle(style, PLAIN) ? PLAIN : style;
}

const CHANGES: Readonly<Record<number, Partial<Style>>> = {
  ...{ 0: PLAIN, 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { underline: true } },
  ...{ 7: { inverse: true }, 9: { strike: true }, 21: { underline: true }, 22: { bold: false, dim: false } },
  ...{ 23: { italic: false }, 24: { underline: false }, 27: { inverse: false }, 29: { strike: false } },
  ...{ 39: { foreground: null }, 49: { background: null } },
};

const RANGES = [
  { from: 30, colour: 0, side: 'foreground' },
  { from: 40, colour: 0, side: 'background' },
  { from: 90, colour: 8, side: 'foreground' },
  { from: 100, colour: 8, side: 'background' },
] as const;

function applied(style: Style, code: number): Style {
  const change = CHANGES[code];
  if (change !== undefined) return { ...style, ...change };
  const range = RANGES.find(({ from }) => code >= from && code < from + 8);
  return range === undefined ? style : { ...style, [range.side]: range.colour + code - range.from };
}

/** `5;n` and `2;r;g;b`; with colons a colour space may stand before the red. */
function extended(given: readonly number[], isInOne: boolean): { colour: number | undefined; used: number } {
  const [kind] = given;
  if (kind === 5) return { colour: isByte(given[1]) ? given[1] : undefined, used: 2 };
  if (kind !== 2) return { colour: undefined, used: 0 };
  const [red, green, blue] = isInOne && given.length > 4 ? given.slice(2) : given.slice(1);
  const isWhole = isByte(red) && isByte(green) && isByte(blue);
  return { colour: isWhole ? TRUE_COLOUR + red * 0x10000 + green * 0x100 + blue : undefined, used: 4 };
}

function isByte(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= 255 && Number.isInteger(value);
}
