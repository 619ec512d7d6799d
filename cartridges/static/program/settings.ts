/** What to serve and where, from the environment and the folder. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Absolute path of the folder that is served. */
  readonly root: string;
  /** Seconds for which browsers may keep a file without asking again. */
  readonly maxAgeSeconds: number;
  /** Answer paths without a file by `/index.html` (for programs in the browser that route themselves). */
  readonly fallback: boolean;
  /** What changes whenever a file may have changed: the release, else the start of this process. */
  readonly version: string;
}

export type SettingsResult =
  { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `PORT`, `HOST`; `STATIC_ROOT` (a folder inside `directory`; default `public` where that has an index.html, else the whole
 * folder), `STATIC_MAX_AGE_SECONDS` (default 0: always ask), `STATIC_FALLBACK` (`on` or `off`, default off).
 */
export function readSettings(environment: Environment, directory: string): SettingsResult {
  const port = wholeNumber(environment.PORT, 8080, 65_535);
  if (port === undefined) return wrong('PORT', 'a port number', environment.PORT);
  const maxAgeSeconds = wholeNumber(environment.STATIC_MAX_AGE_SECONDS, 0, 31_536_000);
  if (maxAgeSeconds === undefined)
    return wrong('STATIC_MAX_AGE_SECONDS', 'seconds from 0 to 31536000', environment.STATIC_MAX_AGE_SECONDS);
  const fallback = environment.STATIC_FALLBACK ?? 'off';
  if (fallback !== 'on' && fallback !== 'off') return wrong('STATIC_FALLBACK', 'on or off', fallback);
  const root = resolve(directory, environment.STATIC_ROOT ?? (isFile(directory, 'public/index.html') ? 'public' : '.'));
  if (root !== directory && !root.startsWith(`${directory}/`))
    return wrong('STATIC_ROOT', 'a folder inside the application', environment.STATIC_ROOT);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    return wrong('STATIC_ROOT', 'a folder of the application', environment.STATIC_ROOT);
  return {
    ok: true,
    settings: {
      host: environment.HOST ?? '127.0.0.1',
      port,
      root,
      maxAgeSeconds,
      fallback: fallback === 'on',
      version: environment.CARTWRIGHT_RELEASE ?? randomUUID(),
    },
  };
}

function isFile(directory: string, path: string): boolean {
  return statSync(resolve(directory, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

function wholeNumber(text: string | undefined, fallback: number, maximum: number): number | undefined {
  if (text === undefined) return fallback;
  return /^\d{1,9}$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}

function wrong(name: string, expected: string, found: string | undefined): SettingsResult {
  return { ok: false, message: `${name}: expected ${expected}, found "${(found ?? '').slice(0, 80)}"` };
}
