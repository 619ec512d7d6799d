/** Whether this machine has what a cartridge requires: programs on the search path that instances get, and files. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Requirement } from '../../../schema/manifests/cartridge.ts';
import type { Runtimes } from '../../app/ports/runtimes.ts';

/** A program that says its version only after that long says none. */
const VERSION_MILLISECONDS = 10_000;
const LONGEST_OUTPUT = 64 * 1024;

/** What is lacking, as a part of a sentence. */
interface Lack {
  readonly requirement: Requirement;
  readonly what: string;
}

/**
 * @param searchPath directories, separated by colons, as instances get them. Programs are looked for at each call; what one
 * says of its version is asked again only when the program has changed.
 */
export function createRuntimes(searchPath: string): Runtimes {
  const versions = new Map<string, Promise<string | undefined>>();
  return {
    async whyUnusable({ metadata, spec }) {
      if (!spec.runtimes.includes('process'))
        return `the cartridge ${metadata.name} runs as ${spec.runtimes.join(' or ')} only, and this control plane runs instances as processes of its machine: use a control plane that runs them on Kubernetes, or another cartridge`;
      const looked = await Promise.all(spec.requires.map((requirement) => lackOf(requirement, searchPath, versions)));
      const lacks = looked.filter((lack) => lack !== undefined);
      return lacks.length === 0 ? undefined : sentence(metadata.name, lacks);
    },
  };
}

function sentence(cartridge: string, lacks: readonly Lack[]): string {
  const what = lacks.map((lack) => lack.what).join(' and ');
  const install = [...new Set(lacks.map(({ requirement }) => requirement.install ?? `install ${nameOf(requirement)}`))];
  return `the cartridge ${cartridge} cannot be used on this machine, which lacks ${what}: ${install.join('; ')}`;
}

function nameOf({ command, file }: Requirement): string {
  return command ?? file ?? '';
}

async function lackOf(
  requirement: Requirement,
  searchPath: string,
  versions: Map<string, Promise<string | undefined>>,
): Promise<Lack | undefined> {
  const { version, purpose } = requirement;
  const found = await find(requirement, searchPath);
  const wanted = version === undefined ? nameOf(requirement) : `${nameOf(requirement)} ${version.minimum} or newer`;
  if (found === undefined) return { requirement, what: `${wanted} (${purpose})` };
  if (version === undefined) return undefined;
  const said = await versionOf(found, version.arguments, searchPath, versions);
  if (said !== undefined && isAtLeast(said, version.minimum)) return undefined;
  return {
    requirement,
    what: `${wanted} (${purpose}; ${found} ${said === undefined ? 'says no version' : `is ${said}`})`,
  };
}

/** The first that is there: names before alternatives, and each of them in the order of the path. */
async function find(
  { command, file, alternatives = [] }: Requirement,
  searchPath: string,
): Promise<string | undefined> {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  for (const name of [nameOf({ command, file, purpose: '' }), ...alternatives]) {
    const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
    const mode = command === undefined ? constants.R_OK : constants.X_OK;
    for (const candidate of candidates) if (await isFile(candidate, mode)) return candidate;
  }
  return undefined;
}

async function isFile(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function versionOf(
  program: string,
  args: readonly string[],
  searchPath: string,
  known: Map<string, Promise<string | undefined>>,
): Promise<string | undefined> {
  const { ino, size, mtimeMs } = await stat(program).catch(() => ({ ino: 0, size: 0, mtimeMs: 0 }));
  const key = [program, ino, size, mtimeMs, ...args].join('\0');
  const said = known.get(key) ?? ask(program, args, searchPath);
  known.set(key, said);
  const answer = await said;
  // An overloaded machine may have kept it from answering.
  if (answer === undefined) known.delete(key);
  return answer;
}

/** The first number with a point, else the first number, of what it prints on either stream; whatever its exit code. */
function ask(program: string, args: readonly string[], searchPath: string): Promise<string | undefined> {
  const options = {
    env: { PATH: searchPath, LANG: 'C.UTF-8' },
    timeout: VERSION_MILLISECONDS,
    killSignal: 'SIGKILL',
    maxBuffer: LONGEST_OUTPUT,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (_error, stdout, stderr) => {
      const output = `${stdout}\n${stderr}`;
      resolve((/\d+(\.\d+)+/.exec(output) ?? /\d+/.exec(output))?.[0]);
    });
    child.stdin?.end();
  });
}

function isAtLeast(version: string, minimum: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of minimum.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
