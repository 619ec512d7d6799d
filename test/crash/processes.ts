/** Processes of instances, by what the kernel says. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface InstanceProcess {
  readonly pid: number;
  readonly instance: string;
  readonly isAgent: boolean;
}

/** Every process whose arguments or environment name the folder of an instance of this data folder. */
export async function instanceProcesses(data: string): Promise<InstanceProcess[]> {
  const folder = `${join(data, 'instances')}/`;
  const instanceIn = (text: string): string | undefined => {
    const at = text.indexOf(folder);
    return at < 0 ? undefined : /^[0-9a-z]{26}/.exec(text.slice(at + folder.length))?.[0];
  };
  const found: InstanceProcess[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // A process that has ended meanwhile has nothing to say.
    const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
    const instance = instanceIn(command) ?? instanceIn(environment);
    if (instance === undefined) continue;
    // A child that was forked and has not become another program yet has the arguments of its parent; it leads no session.
    const session = /\) \S \d+ \d+ (\d+)/.exec(await read('stat'))?.[1];
    found.push({ pid: Number(name), instance, isAgent: command.includes('--config') && session === name });
  }
  return found;
}
