/** Runs a cartridge's `build` hook in a scratch copy of the source: bounded in time, output and size, and without secrets. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BuildError } from '../../app/errors.ts';
import type { BuildRequest } from '../../app/ports/artifacts.ts';
import { removeTree } from '../users/access.ts';
import type { TenantUsers } from '../users/tenant-users.ts';
import { cancelled, failed, timedOut, tooLarge } from './build-errors.ts';
import { lend, ownFolder, takeBack, temporaryFolder } from './hand-over.ts';
import { HookProcess, type HookExit, type HookOptions } from './hook-process.ts';
import { Output } from './output.ts';
import { treeBytes } from './tree-size.ts';

export interface BuilderOptions {
  /** Variables that every build gets, e.g. a proxy's address. Nothing else of the control plane's environment but PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Search path of the hooks; the control plane's own if absent, behind the folder of its Node. */
  readonly path?: string;
  /** A user id for each tenant, whose builds run as that user; absent: as the user of the control plane. */
  readonly users?: TenantUsers;
  /** Between SIGTERM and SIGKILL; 3 s if absent. */
  readonly graceSeconds?: number;
  /** How often the size of a running build is looked at; 5 s if absent. */
  readonly sizeIntervalSeconds?: number;
}

/** What a build on this machine needs to know. */
type MachineRequest = Omit<BuildRequest, 'service' | 'placeFor' | 'isResumed'>;

/** A `Builder` that asks for less. */
export interface MachineBuilder {
  run(request: MachineRequest, line: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/** While it runs a build may hold this many times its maximum (development dependencies, intermediate files). */
const SCRATCH_FACTOR = 4;

type End =
  | { readonly kind: 'exited'; readonly exit: HookExit }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'too-large' };

/**
 * The hook gets: the current folder (the scratch copy), PATH, HOME (inside the cache), TMPDIR (removed afterwards), LANG, CI,
 * CARTWRIGHT_BUILD, CARTWRIGHT_CACHE, CARTWRIGHT_CARTRIDGE, CARTWRIGHT_START and the request's environment. Whatever it started ends with it.
 */
export function createBuilder(options: BuilderOptions = {}): MachineBuilder {
  return { run: (request, line, signal) => run(options, request, line, signal) };
}

async function run(
  options: BuilderOptions,
  request: MachineRequest,
  line: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw cancelled();
  if (request.hook !== undefined) {
    const program = await findHook(request.cartridgeDirectory, request.hook);
    const user = await options.users?.of(request.tenant);
    if (user !== undefined) {
      await ownFolder(request.cacheDirectory, user);
      await ownFolder(join(request.cacheDirectory, 'home'), user);
      await lend(request.directory, user);
    } else await mkdir(join(request.cacheDirectory, 'home'), { recursive: true, mode: 0o700 });
    const temporary = await temporaryFolder(request.cacheDirectory, user);
    try {
      const environment = environmentFor(options, request, temporary);
      await runHook(options, request, { program, environment, user }, line, signal);
    } finally {
      if (user !== undefined) await takeBack(request.directory, user);
      await removeTree(temporary);
    }
  }
  const bytes = await treeBytes(request.directory, request.maximumBytes);
  if (bytes > request.maximumBytes) throw tooLarge(request.maximumBytes);
}

async function findHook(cartridgeDirectory: string, hook: string): Promise<string> {
  const program = resolve(cartridgeDirectory, hook);
  if (!program.startsWith(resolve(cartridgeDirectory) + sep))
    throw new BuildError('BUILD_HOOK_MISSING', `the build hook ${hook} lies outside the cartridge's folder`);
  try {
    await access(program, constants.X_OK);
    if ((await stat(program)).isFile()) return program;
  } catch (error) {
    throw new BuildError(
      'BUILD_HOOK_MISSING',
      `the cartridge's build hook ${hook} is missing or not executable; install the cartridge again`,
      { cause: error },
    );
  }
  throw new BuildError('BUILD_HOOK_MISSING', `the cartridge's build hook ${hook} is no file`);
}

function environmentFor(options: BuilderOptions, request: MachineRequest, temporary: string): Record<string, string> {
  const path = options.path ?? [dirname(process.execPath), process.env.PATH ?? '/usr/bin:/bin'].join(delimiter);
  return {
    LANG: 'C.UTF-8',
    CI: 'true',
    ...options.environment,
    ...request.environment,
    PATH: path,
    HOME: join(request.cacheDirectory, 'home'),
    TMPDIR: temporary,
    CARTWRIGHT_CACHE: request.cacheDirectory,
    CARTWRIGHT_CARTRIDGE: request.cartridgeDirectory,
    ...(request.start === undefined ? {} : { CARTWRIGHT_START: request.start.join(' ') }),
  };
}

async function runHook(
  options: BuilderOptions,
  request: MachineRequest,
  how: Pick<HookOptions, 'program' | 'environment' | 'user'>,
  line: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const output = new Output(line);
  const hook = await HookProcess.start({ ...how, cwd: request.directory, build: request.build }).catch(
    (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'the interpreter in its first line is not on this machine' : (code ?? 'unknown');
      throw new BuildError('BUILD_FAILED', `the build hook cannot be started: ${why}`, { cause: error });
    },
  );
  const read = Promise.all([output.attach(hook.stdout), output.attach(hook.stderr)]);
  const end = await firstEnd(options, request, hook, signal);
  const grace = (options.graceSeconds ?? 3) * 1000;
  await hook.end(end.kind === 'exited' ? 0 : grace);
  await read;
  output.finish();
  judge(end, request, output);
}

/** Waits for the exit, the time limit, the size limit or the caller's signal, whichever is first. */
async function firstEnd(
  options: BuilderOptions,
  request: MachineRequest,
  hook: HookProcess,
  signal: AbortSignal,
): Promise<End> {
  const over = new AbortController();
  const within = { signal: over.signal };
  const exited = hook.exited.then((exit): End => ({ kind: 'exited', exit }));
  const late = delay<End>(request.timeoutSeconds * 1000, { kind: 'timed-out' }, within);
  const aborted = new Promise<End>((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'cancelled' }), { once: true, ...within });
    if (signal.aborted) resolve({ kind: 'cancelled' });
  });
  const grown = outgrown(request, (options.sizeIntervalSeconds ?? 5) * 1000, over.signal);
  try {
    return await Promise.race([exited, late, aborted, grown]);
  } finally {
    over.abort();
    // Both have lost the race and reject because of it.
    await Promise.allSettled([late, grown]);
  }
}

/** Resolves when the scratch copy has grown past what a build may use while it runs. */
async function outgrown(request: MachineRequest, intervalMilliseconds: number, over: AbortSignal): Promise<End> {
  const limit = request.maximumBytes * SCRATCH_FACTOR;
  for (;;) {
    await delay(intervalMilliseconds, undefined, { signal: over });
    if ((await treeBytes(request.directory, limit)) > limit) return { kind: 'too-large' };
  }
}

function judge(end: End, request: MachineRequest, output: Output): void {
  switch (end.kind) {
    case 'timed-out':
      throw timedOut(request.timeoutSeconds);
    case 'cancelled':
      throw cancelled();
    case 'too-large':
      throw tooLarge(request.maximumBytes);
    case 'exited': {
      const { code, signal } = end.exit;
      if (code !== 0) throw failed(signal === null ? `exit code ${code}` : `signal ${signal}`, output.last(3));
    }
  }
}
