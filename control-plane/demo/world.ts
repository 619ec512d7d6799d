/** What the demo is made of: a temporary folder, a real Git repository of the sample, a control plane, a client. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CartwrightError } from '../app/errors.ts';
import { ControlPlaneProcess, type ControlPlaneFolders } from './control-plane-process.ts';

const run = promisify(execFile);

export interface World {
  readonly directory: string;
  readonly folders: ControlPlaneFolders;
  readonly repository: string;
  readonly controlPlane: ControlPlaneProcess;
}

export async function makeWorld(packageDirectory: string): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'cartwright-demo-'));
  const folders: ControlPlaneFolders = {
    data: join(directory, 'data'),
    repositories: join(directory, 'repositories'),
    contexts: join(directory, 'contexts.json'),
    log: join(directory, 'control-plane.log'),
  };
  await mkdir(folders.data, { mode: 0o700 });
  const repository = join(folders.repositories, 'shop');
  await cp(join(packageDirectory, 'cartridges/nodejs/sample'), repository, { recursive: true });
  await git(repository, 'init', '--quiet', '--initial-branch=main');
  await commit(repository, 'The shop opens');
  return { directory, folders, repository, controlPlane: await ControlPlaneProcess.prepare(folders) };
}

async function git(repository: string, ...args: string[]): Promise<string> {
  try {
    const identity = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.org', '-c', 'commit.gpgsign=false'];
    return (await run('git', [...identity, ...args], { cwd: repository })).stdout.trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CartwrightError(
        'GIT_MISSING',
        'the demo needs the program git on PATH; install it and run the demo again',
      );
    throw error;
  }
}

async function commit(repository: string, message: string): Promise<string> {
  await git(repository, 'add', '--all');
  await git(repository, 'commit', '--quiet', '--message', message);
  return git(repository, 'rev-parse', '--short', 'HEAD');
}

/** A change as a developer makes it: the version in package.json goes up. Returns the short commit id. */
export async function commitNewVersion(repository: string, version: string): Promise<string> {
  for (const name of ['package.json', 'package-lock.json']) {
    const file = join(repository, name);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    // Only the project's own version, which comes first in both files.
    if (text !== undefined) await writeFile(file, text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
  }
  return commit(repository, `Version ${version}`);
}

export async function removeWorld(world: World): Promise<void> {
  await rm(world.directory, { recursive: true, force: true, maxRetries: 5 });
}
