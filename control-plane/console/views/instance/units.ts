/** Figures with their units. */

/** At most three digits that matter: `0.25`, `12.3`, `4711`. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/** `512 B`, `1.5 MiB`, `2 GiB` */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [left, unit] = [value, 0];
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${figure(left)} ${units[unit]}`;
}

/** Bytes of the limit that a working set is so many per cent of; null: not known. */
export function limitOf(memoryBytes: number | null, memoryPercent: number | null): number | null {
  if (memoryBytes === null || memoryPercent === null || memoryPercent <= 0) return null;
  return memoryBytes / (memoryPercent / 100);
}

/** "0.2 s ahead", "3 s behind", "in time" within what a message takes. */
export function skew(seconds: number): string {
  if (Math.abs(seconds) < 0.25) return 'in time';
  return `${figure(Math.abs(seconds))} s ${seconds > 0 ? 'ahead' : 'behind'}`;
}
