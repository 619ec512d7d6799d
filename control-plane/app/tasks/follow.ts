/** The output of a task as text, live: from files that may still grow, cut at whole characters. */
import { RequestError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskOutputPlace, TaskProvider } from '../ports/tasks.ts';
import type { TaskRecord } from '../records/tasks.ts';
import { hasEnded } from './outcome.ts';
import type { Task, TaskProgress, TaskText } from './use-cases.ts';

/** How soon new output is looked for while a task runs. */
const LOOK_EVERY_MILLISECONDS = 100;
const STREAMS = ['stdout', 'stderr'] as const;

export interface FollowTaskOptions {
  readonly find: (uid: string) => Promise<TaskRecord | undefined>;
  readonly provider: Pick<TaskProvider, 'output'>;
  readonly clock: Clock;
}

/** Throws `RequestError` INVALID for a cursor that is none. */
export async function* followTask(
  { find, provider, clock }: FollowTaskOptions,
  uid: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<TaskProgress> {
  let place = after === undefined ? { stdout: 0, stderr: 0 } : placeOf(after);
  let told = '';
  while (!signal.aborted) {
    // Before the output: what is there once it has ended is all of it.
    const record = await find(uid);
    if (record === undefined) throw new RequestError('NOT_FOUND', `there is no task ${uid}`);
    const { output, next } = await read(provider, uid, place, hasEnded(record));
    place = next;
    const isOver = hasEnded(record) && output.length === 0;
    if (output.length > 0 || isOver || record.state !== told)
      yield { task: withoutToken(record), output, cursor: cursorOf(place) };
    told = record.state;
    if (isOver) return;
    if (output.length === 0) await pause(clock, signal);
  }
}

/** @param isLast nothing comes after it: the beginning of a character whose rest is missing is given, too */
async function read(
  provider: Pick<TaskProvider, 'output'>,
  uid: string,
  place: TaskOutputPlace,
  isLast: boolean,
): Promise<{ output: TaskText[]; next: TaskOutputPlace }> {
  const found = await provider.output(uid, place);
  const output: TaskText[] = [];
  const next = { ...place };
  for (const stream of STREAMS) {
    const bytes = found[stream];
    const whole = bytes.length - heldBytes(bytes);
    const taken = whole === 0 && isLast ? bytes.length : whole;
    const text = bytes.toString('utf8', 0, taken);
    if (text !== '') output.push({ stream, text });
    next[stream] = place[stream] + taken;
  }
  return { output, next };
}

/** Bytes at the end that are the beginning of a character of UTF-8 whose rest is not there. */
function heldBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

export function withoutToken({ tokenHash: _, ...task }: TaskRecord): Task {
  return task;
}

function cursorOf({ stdout, stderr }: TaskOutputPlace): string {
  return `${stdout}.${stderr}`;
}

function placeOf(cursor: string): TaskOutputPlace {
  const [, stdout, stderr] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (stdout === undefined || stderr === undefined)
    throw new RequestError(
      'INVALID',
      `after: expected a cursor of this feed, got ${JSON.stringify(cursor).slice(0, 60)}`,
      {
        field: 'after',
      },
    );
  return { stdout: Number(stdout), stderr: Number(stderr) };
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, LOOK_EVERY_MILLISECONDS);
    signal.addEventListener('abort', done, { once: true });
  });
}
