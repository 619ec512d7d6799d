/**
 * What colours of a terminal become on this page: as the program wants them where they can be read, and else as near as they can be
 * (contrast 4.5 and more, WCAG 2.2 AA), each for the light and for the dark theme.
 */
import { TRUE_COLOUR, type Colour, type Style } from './sgr.ts';

type Rgb = readonly [red: number, green: number, blue: number];

/** As `--ground-pressed` of base.css: of the grounds that a line may lie on the one that is hardest to read on. */
export const GROUNDS = { light: 0xe7eaef, dark: 0x2a303a } as const;
const LEAST_CONTRAST = 4.5;

/** The first 16 of a terminal. */
const BASE = [
  ...[0x000000, 0xcd3131, 0x0f9d63, 0xc7a500, 0x2472c8, 0xbc3fbc, 0x1190a8, 0xc8c8c8],
  ...[0x666666, 0xf14c4c, 0x23d18b, 0xf0e04a, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff],
] as const;

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** For `style` of an element; absent: as its parent has it. */
export interface Paint {
  readonly color?: string;
  readonly backgroundColor?: string;
}

/** Colours of a style. Always the same for the same style. */
export function paintOf({ foreground, background, dim, inverse }: Style): Paint {
  const [front, back] = inverse ? [background, foreground] : [foreground, background];
  if (back === null && front === null) {
    if (inverse) return { color: 'var(--ground)', backgroundColor: 'var(--text)' };
    return dim ? { color: 'var(--text-quiet)' } : {};
  }
  if (back !== null) {
    const ground = rgbOf(back);
    return { color: css(readable(front === null ? null : rgbOf(front), ground)), backgroundColor: css(ground) };
  }
  const wanted = rgbOf(front);
  // Inverse without a colour to go behind it: the text's own colour is behind.
  if (inverse) return { color: css(wanted), backgroundColor: css(readable(null, wanted)) };
  const [light, dark] = [split(GROUNDS.light), split(GROUNDS.dark)].map((ground) =>
    css(readable(dim ? mixed(wanted, ground, 0.35) : wanted, ground)),
  );
  return { color: light === dark ? light! : `light-dark(${light}, ${dark})` };
}

/** The colour, moved as little as it takes to be read on a ground; null: whatever is read best. */
function readable(colour: Rgb | null, ground: Rgb): Rgb {
  const end = contrast(BLACK, ground) > contrast(WHITE, ground) ? BLACK : WHITE;
  if (colour === null) return end;
  if (contrast(colour, ground) >= LEAST_CONTRAST) return colour;
  let [low, high] = [0, 1];
  for (let step = 0; step < 8; step += 1) {
    const middle = (low + high) / 2;
    if (contrast(mixed(colour, end, middle), ground) >= LEAST_CONTRAST) high = middle;
    else low = middle;
  }
  return mixed(colour, end, high);
}

/** The 256 colours: 16, a cube of 6×6×6, and 24 greys (xterm). */
function rgbOf(colour: Exclude<Colour, null> | null): Rgb {
  if (colour === null) return WHITE;
  if (colour >= TRUE_COLOUR) return split(colour - TRUE_COLOUR);
  if (colour < 16) return split(BASE[colour]!);
  if (colour >= 232) {
    const grey = 8 + 10 * (colour - 232);
    return [grey, grey, grey];
  }
  const level = (value: number): number => (value === 0 ? 0 : 55 + 40 * value);
  const cube = colour - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** Contrast of two colours, 1–21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: Rgb, other: Rgb): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

/** @param colour 0xRRGGBB */
export function split(colour: number): Rgb {
  return [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
}

function css([red, green, blue]: Rgb): string {
  return `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, '0')}`;
}
