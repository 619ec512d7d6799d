/** Spans of time in words short enough for a table. */
const UNITS = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
  { seconds: 1, name: 's' },
] as const;

/** "45 s", "3 min", "2 h 5 min", "3 d". @param seconds 0 or more */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const index = UNITS.findIndex((unit) => whole >= unit.seconds);
  if (index === -1) return '0 s';
  const unit = UNITS[index]!;
  const count = Math.floor(whole / unit.seconds);
  const next = UNITS[index + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % unit.seconds) / next.seconds);
  if (rest === 0 || unit.name === 'min' || count >= 10) return `${count} ${unit.name}`;
  return `${count} ${unit.name} ${rest} ${next!.name}`;
}

/** "just now", "3 min ago", "in 2 h". Both in milliseconds since 1970. */
export function relative(at: number, now: number): string {
  const seconds = (now - at) / 1_000;
  if (Number.isNaN(seconds)) return 'unknown';
  if (Math.abs(seconds) < 1.5) return 'just now';
  return seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
}

/** From one time to another, 0 or more. Both ISO 8601. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}
