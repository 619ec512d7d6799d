/** Times of a run as people read them. */

const DAY = 86_400;

/** For example "14 days" or "58 minutes"; null seconds are not given here. */
export function durationText(seconds: number): string {
  if (seconds >= 2 * DAY) return `${trimmed(seconds / DAY)} days`;
  if (seconds >= 2 * 3600) return `${trimmed(seconds / 3600)} hours`;
  return seconds >= 120 ? `${trimmed(seconds / 60)} minutes` : `${trimmed(seconds)} seconds`;
}

/** Where the time axis of so many seconds has its labels: at most `most` of them, at round times. */
export function ticksOf(seconds: number, most: number): { readonly at: number; readonly text: string }[] {
  const unit = seconds >= 2 * DAY ? DAY : seconds >= 2 * 3600 ? 3600 : seconds >= 120 ? 60 : 1;
  const name = unit === DAY ? 'd' : unit === 3600 ? 'h' : unit === 60 ? 'min' : 's';
  const step = [1, 2, 5, 7, 10, 14, 15, 20, 30, 60, 120, 300].find((one) => seconds / (one * unit) <= most) ?? 600;
  const count = Math.floor(seconds / (step * unit) + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => ({
    at: index * step * unit,
    text: `${index * step} ${name}`,
  }));
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
