/**
 * Ports for programs that tests start. Below those that Linux gives to connections of its own (from 32768 on), and others in each of
 * Jest's workers: between the choice and the program's start nobody else takes one.
 */
import { createServer } from 'node:net';

const FROM = 26_000;
const PER_WORKER = 1600;
const WORKERS = 4;

const from = FROM + (Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS) * PER_WORKER;
let next = Math.floor(Math.random() * PER_WORKER);

/** That many, each of them different from all that were had before in this file. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tried = 0; found.length < count; tried += 1) {
    if (tried > PER_WORKER) throw new Error(`no ${count} ports from ${from} to ${from + PER_WORKER - 1} are free`);
    const port = from + next;
    next = (next + 1) % PER_WORKER;
    if (await isFree(port)) found.push(port);
  }
  return found;
}

export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
