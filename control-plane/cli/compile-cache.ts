/** What V8 has compiled of this program, kept for its next start. */
import module from 'node:module';
import { join } from 'node:path';

/** Those that run on load far more than is worth keeping, or run for so long that it does not matter. */
const LONG = new Set(['serve', 'demo', 'simulate', 'restore']);

/**
 * To be called before anything else is loaded. The folder is the person's own, never one that others write to: what is read from it is
 * run. Node.js has this from 22.8 on; where it cannot be, nothing is kept.
 */
export function keepCompiled(env: Readonly<Record<string, string | undefined>>, command: string | undefined): void {
  const cache = env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, '.cache'));
  if (!cache || LONG.has(command ?? '')) return;
  const { enableCompileCache } = module as Partial<typeof module>;
  enableCompileCache?.(join(cache, 'cartwright', 'compiled'));
}
