/** Small programs that behave towards the provider as the agent does (or misbehave as an agent might), for tests. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface StandIn {
  /** What it does when asked to stop. */
  readonly onTerm: 'stop' | 'ignore';
  /** Whether it writes agent.json. */
  readonly reports: boolean;
  /** Shell command of its application, in a session of its own; none if absent. */
  readonly application?: string;
  /** Lines written to standard error before it ends with code 3, at once. */
  readonly crashWith?: string;
}

const USUAL: StandIn = { onTerm: 'stop', reports: true, application: 'sleep 1000' };

/** Writes the program and returns its path. At once, as an agent that was started with the one before may just be reading it. */
export async function writeStandIn(directory: string, name: string, changes: Partial<StandIn> = {}): Promise<string> {
  const path = join(directory, `${name}.mjs`);
  const beside = join(directory, `${name}.new`);
  await writeFile(beside, `const standIn = ${JSON.stringify({ ...USUAL, ...changes })};\n${PROGRAM}`);
  await rename(beside, path);
  return path;
}

const PROGRAM = String.raw`
import { spawn } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const config = process.argv[process.argv.indexOf('--config') + 1];
const { instance } = JSON.parse(readFileSync(config, 'utf8'));
const directory = dirname(config);
const identity = (pid) => {
  const stat = readFileSync('/proc/' + pid + '/stat', 'latin1');
  return { pid, startTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) };
};
let application;
const report = () => {
  if (!standIn.reports) return;
  const record = {
    v: 1, instance, session: 'session',
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    agent: identity(process.pid),
    ...(application === undefined ? {} : { application: identity(application.pid) }),
  };
  writeFileSync(join(directory, 'agent.json.new'), JSON.stringify(record));
  renameSync(join(directory, 'agent.json.new'), join(directory, 'agent.json'));
};
if (standIn.crashWith !== undefined) {
  process.stderr.write(standIn.crashWith);
  process.exit(3);
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => {
  if (standIn.onTerm === 'ignore') return;
  if (application !== undefined) process.kill(-application.pid, 'SIGKILL');
  process.exit(0);
});
writeFileSync(join(directory, 'environment.json'), JSON.stringify(process.env));
if (standIn.application !== undefined) {
  application = spawn('/bin/sh', ['-c', standIn.application], { detached: true, stdio: 'ignore', cwd: directory });
}
report();
setInterval(() => undefined, 1000);
`;
