/** Scales that people can read: round numbers at the ticks. */

/** The next larger of 1, 2, 2.5 and 5 times a power of ten; 1 for what is not above 0. */
function roundUp(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 2.5, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Round numbers from 0 up to `largest`, at most `most` of them above 0 (1 or more). */
export function ticksUpTo(largest: number, most: number): number[] {
  const step = roundUp(largest / Math.max(1, most));
  const count = Math.floor(Math.max(0, largest) / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}
