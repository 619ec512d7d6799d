/** Starting an agent so that it lives on its own: own session, output to a file, an environment that holds nothing of ours. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { ProviderError } from '../../app/errors.ts';
import { INSTANCE_VARIABLE } from './belonging.ts';
import type { InstancePaths } from './folder.ts';
import { folderError } from './folder.ts';
import type { ProcessIdentity } from './kernel.ts';
import { readStat } from './kernel.ts';

/** Where programs are looked for when the operator says nothing else. */
export const DEFAULT_SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Where agents, and so their applications, look for programs: beside Node first, then on the operator's path.
 *
 * @param searchPath directories, separated by colons
 */
export function searchPathOf(nodeProgram: string, searchPath = DEFAULT_SEARCH_PATH): string {
  return `${dirname(nodeProgram)}:${searchPath}`;
}

export interface SpawnOptions {
  readonly nodeProgram: string;
  readonly agentProgram: string;
  /** Directories, separated by colons, that agents and applications look for programs in, after Node's own. */
  readonly searchPath: string;
  /** User id, and group id, to start it with; the control plane's own if absent. */
  readonly user: number | undefined;
  /** Asked with nothing to wait for between its answer and the start. */
  readonly mayAct: (() => void) | undefined;
}

export interface SpawnedAgent {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
}

/** The whole environment of an agent. Nothing of the control plane's own is passed on. */
function agentEnvironment(instance: string, directory: string, options: SpawnOptions): Record<string, string> {
  return {
    PATH: searchPathOf(options.nodeProgram, options.searchPath),
    HOME: directory,
    LANG: 'C.UTF-8',
    [INSTANCE_VARIABLE]: instance,
  };
}

/**
 * Starts the agent of an instance whose directory is complete. Throws `ProviderError` INSTANCE_NOT_STARTED, and what `mayAct` throws.
 *
 * The identity is read before the event loop goes on: until then Node cannot have reaped the child, so /proc has it.
 */
export async function spawnAgent(instance: string, paths: InstancePaths, options: SpawnOptions): Promise<SpawnedAgent> {
  options.mayAct?.();
  let log: number;
  try {
    // Another user's is there already, and is opened without following what may be put in its place.
    log =
      options.user === undefined
        ? openSync(paths.agentLog, 'a', 0o600)
        : openSync(
            paths.agentLog,
            constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK,
          );
  } catch (error) {
    throw folderError(error, paths.agentLog);
  }
  try {
    const child = spawn(options.nodeProgram, [options.agentProgram, '--config', paths.document], {
      cwd: paths.directory,
      detached: true,
      stdio: ['ignore', log, log],
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
      env: agentEnvironment(instance, paths.directory, options),
    });
    // Listened to from the start: an error event that nobody takes would end the control plane.
    const failed = new Promise<Error>((resolve) => child.on('error', resolve));
    const stat = child.pid === undefined ? undefined : readStat(child.pid);
    if (stat === undefined) {
      const failure = await failed;
      throw new ProviderError(
        'INSTANCE_NOT_STARTED',
        `the agent of instance ${instance} was not started with ${options.nodeProgram} (${failure.message}); see that this program can be run and that the limit of processes is not reached`,
        { cause: failure },
      );
    }
    child.unref();
    return { child, identity: { pid: stat.pid, startTicks: stat.startTicks } };
  } finally {
    closeSync(log);
  }
}
