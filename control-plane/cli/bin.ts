#!/usr/bin/env node
/** The program `cartwright`: gives `main` this process's streams, and ends with its exit code. */
import { keepCompiled } from './compile-cache.ts';
import type { Output } from './io.ts';

const interrupted = new AbortController();
/** A second signal ends the process at once, as it does without a handler. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

/** A reader such as `head` that has enough is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const output = (stream: NodeJS.WriteStream): Output => ({ stream, isTerminal: stream.isTTY });

keepCompiled(process.env, process.argv[2]);
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2), {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  interrupted: interrupted.signal,
  now: Date.now,
});
