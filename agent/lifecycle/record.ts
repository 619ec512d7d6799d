/** `agent.json`: what whoever finds the directory needs to ask the kernel about, and the end of what an earlier run left. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processRecord, type ProcessRecord } from '../../schema/agent/instance.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';
import { findInstanceProcesses, readProcessStat } from '../telemetry/process-tree.ts';
import { ConfigurationError } from '../config/errors.ts';
import { sendSignal } from './process-group.ts';

const KILL_WAIT_MILLISECONDS = 2000;

/** Changes with every boot: pids of another boot mean nothing. */
function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function parseRecord(text: string | undefined): ProcessRecord | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A record that cannot be read names no process; those that carry the instance's mark are found without it.
    return undefined;
  }
  const result = processRecord.safeParse(value);
  return result.success ? result.data : undefined;
}

type Named = ProcessRecord['agent'];

function isAlive(named: Named): boolean {
  return readProcessStat(named.pid)?.startTicks === named.startTicks;
}

/** Kills a group by its leader, if that is still the process that was recorded; whether it was. */
function killGroup(leader: Named | undefined): boolean {
  if (!leader || !isAlive(leader) || readProcessStat(leader.pid)?.group !== leader.pid) return false;
  return sendSignal(-leader.pid, 'SIGKILL');
}

/**
 * Kills what an earlier run of this instance's agent left running and returns how many processes that were.
 * Throws {@link ConfigurationError} when that agent itself still runs.
 */
export async function endEarlierRun(path: string, instance: string): Promise<number> {
  const text = parseRecord(readIfPresent(path));
  const record = text?.bootId === readBootId() ? text : undefined;
  if (record && record.agent.pid !== process.pid && isAlive(record.agent))
    throw new ConfigurationError(
      `another agent (pid ${record.agent.pid}) already runs this instance, as ${path} says. Stop it first`,
    );
  const killed = new Set<number>();
  if (killGroup(record?.application)) killed.add(record!.application!.pid);
  const deadline = performance.now() + KILL_WAIT_MILLISECONDS;
  for (;;) {
    const left = findInstanceProcesses(instance);
    if (left.length === 0 || performance.now() > deadline) return killed.size;
    for (const { pid } of left) {
      killed.add(pid);
      sendSignal(pid, 'SIGKILL');
    }
    await delay(20);
  }
}

/** Keeps `agent.json` true. */
export class RecordKeeper {
  readonly #path: string;
  readonly #base: Omit<ProcessRecord, 'application'>;

  constructor(path: string, instance: string, session: string) {
    this.#path = path;
    const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
    this.#base = { v: 1, instance, bootId: readBootId(), session, agent: { pid: process.pid, startTicks } };
  }

  /** @param application leader of the application's process group, if it runs */
  async write(application?: Named): Promise<void> {
    const record: ProcessRecord = { ...this.#base, ...(application ? { application } : {}) };
    await writeAtomically(this.#path, `${JSON.stringify(record)}\n`);
  }
}
