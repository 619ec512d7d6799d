/** Numbers as a person reads them: whole from 100 up, otherwise up to three digits that say something. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100
    ? String(Math.round(value))
    : String(Number(value.toPrecision(Math.abs(value) >= 1 ? 3 : 2)));
}

export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
