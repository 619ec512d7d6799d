/** Sizes as people type them. */
import { usage } from './exit.ts';

const UNITS = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 } as const;

/** Whole bytes from `512Mi`, `1.5Gi`, `1048576`. Throws a usage error that names `option`. */
export function parseSize(text: string, option: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(|Ki|Mi|Gi|Ti)B?$/.exec(text);
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
  if (!Number.isSafeInteger(bytes)) throw usage(`${option}: expected a size such as 512Mi or 8Gi, got "${text}"`);
  return bytes;
}
