/** Opening a page in the person's browser. */
import { spawn } from 'node:child_process';
import type { Io } from './io.ts';

/**
 * Hands the URL to the program that knows the person's browser, as an argument of its own and without a shell. It is not waited for, and
 * goes on after this program. Resolves with whether it was started: not without a desktop, or without such a program.
 */
export async function openBrowser({ env }: Pick<Io, 'env'>, url: string): Promise<boolean> {
  const program = opener(env);
  if (program === undefined) return false;
  const child = spawn(program, [url], { env: { ...env }, stdio: 'ignore', detached: true });
  const isStarted = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true)).once('error', () => resolve(false));
  });
  child.unref();
  return isStarted;
}

function opener(env: Io['env']): string | undefined {
  if (process.platform === 'darwin') return 'open';
  // Over SSH there is none: what it would start there wants the terminal.
  const hasDesktop = Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
  return process.platform === 'linux' && hasDesktop ? 'xdg-open' : undefined;
}
