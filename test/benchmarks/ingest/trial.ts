/** Messages that are sent to a receiver through its broker, counted at both ends. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress, ReceiverKind, Receiving } from './program/receiver.ts';
import type { Sending, Sent } from './program/sender.ts';

const POLL_MILLISECONDS = 50;
/** Without one more message nothing is on its way any more. */
const QUIET_MILLISECONDS = 1000;

export interface ReceiverOptions {
  readonly kind: ReceiverKind;
  readonly clusters: number;
  readonly instancesEach: number;
  /** Of the broker that stands outside. */
  readonly port?: number;
}

export interface Outcome {
  readonly sent: number;
  readonly taken: number;
  readonly stale: number;
  /** From the first message written until the last one taken. */
  readonly seconds: number;
  /** How long the writing took. */
  readonly sendingSeconds: number;
  /** Processor time of the receiver. */
  readonly cpuSeconds: number;
}

/** Starts a receiver, has it sent to, and ends both. */
export async function trial(options: ReceiverOptions, sending: Omit<Sending, 'port' | 'reporters'>): Promise<Outcome> {
  const { kind, clusters, instancesEach, port } = options;
  const receiver = fork(new URL('program/receiver.js', import.meta.url), [
    ...[kind, String(clusters), String(instancesEach)],
    ...(port === undefined ? [] : [String(port)]),
  ]);
  const sender = fork(new URL('program/sender.js', import.meta.url));
  try {
    const receiving = await answerOf<Receiving>(receiver);
    sender.send({ ...receiving, ...sending } satisfies Sending);
    await answerOf(sender);
    const before = await progressOf(receiver);
    const began = performance.now();
    sender.send('go');
    const sent = await answerOf<Sent>(sender);
    const { progress, at } = await endOf(receiver, before.taken + sent.messages);
    return {
      sent: sent.messages,
      taken: progress.taken - before.taken,
      stale: progress.stale - before.stale,
      seconds: (at - began) / 1000,
      sendingSeconds: sent.seconds,
      cpuSeconds: progress.cpuSeconds - before.cpuSeconds,
    };
  } finally {
    receiver.kill('SIGKILL');
    sender.kill('SIGKILL');
  }
}

/** All is taken, or nothing comes any more. */
async function endOf(
  receiver: ChildProcess,
  all: number,
): Promise<{ readonly progress: Progress; readonly at: number }> {
  let last = { progress: await progressOf(receiver), at: performance.now() };
  while (last.progress.taken < all && performance.now() - last.at < QUIET_MILLISECONDS) {
    await sleep(POLL_MILLISECONDS);
    const progress = await progressOf(receiver);
    if (progress.taken > last.progress.taken) last = { progress, at: performance.now() };
  }
  return last;
}

function progressOf(receiver: ChildProcess): Promise<Progress> {
  const answer = answerOf<Progress>(receiver);
  receiver.send('progress');
  return answer;
}

/** The next message of a child; rejects when it ends instead. */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, 'exit', { signal }).then(([code]: unknown[]) => {
    throw new Error(`a process of the benchmark ended with code ${String(code)}`);
  });
  const answer = once(child, 'message', { signal }).then(([message]: unknown[]) => message as T);
  try {
    return await Promise.race([answer, ended]);
  } finally {
    waiting.abort();
    await Promise.allSettled([answer, ended]);
  }
}
