/**
 * A platform whose control plane is killed at chosen points and started again at once, as a supervisor of the machine does.
 * Everything is real, and who asks it asks again until there is an answer.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type BrokerKind, type CrashBroker, openBroker } from './brokers.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import type { FaultPoint, Plan } from './program/fault-points.ts';
import { Sources } from './sources.ts';

const ANSWER_MILLISECONDS = 60_000;

export class World implements AsyncDisposable {
  readonly platform: Platform;
  readonly sources: Sources;
  /** Points that the present control plane has reached since its last plan. */
  reached: FaultPoint[] = [];
  /** Where control planes were killed, in order. */
  readonly kills: FaultPoint[] = [];
  /** Ends that nobody asked for. */
  readonly accidents: string[] = [];
  /** Instances that were given another token, since the key was rotated under them. */
  readonly renewed = new Set<string>();
  readonly broker: CrashBroker;
  #child: ChildProcess | null = null;
  #forStart: Plan | null = null;
  /** The readiness of the present control plane, or of the next one while none is ready. */
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #supervising: Promise<void> = Promise.resolve();
  #isClosing = false;

  private constructor(platform: Platform, broker: CrashBroker) {
    this.platform = platform;
    this.broker = broker;
    this.sources = new Sources(platform.repositories);
  }

  /** Nothing runs yet. At a broker that stands outside, what is retained outlives the control plane. */
  static async open(kind: BrokerKind): Promise<World> {
    const broker = await openBroker(kind);
    const platform = await Platform.prepare({
      CARTWRIGHT_GIT_POLL_SECONDS: '3600',
      CARTWRIGHT_TOKEN_GRACE_SECONDS: '10',
    });
    Object.assign(platform.environment, await broker.settings(platform.directory));
    return new World(platform, broker);
  }

  /** Starts the control plane, killed at `plan` on the way; resolves when it is ready. */
  async start(plan: Plan | null): Promise<void> {
    this.#forStart = plan;
    this.#supervising = this.#supervise();
    await this.#ready.promise;
  }

  /** Where it is killed next; what was planned before is not any more. */
  async plan(plan: Plan | null): Promise<void> {
    await this.#ready.promise;
    const child = this.#child!;
    const planned = new Promise<void>((resolve) => {
      const hear = (message: { planned?: true }): void => {
        if (message.planned !== true) return;
        child.off('message', hear);
        resolve();
      };
      child.on('message', hear);
      child.once('exit', () => resolve());
    });
    child.send({ plan });
    await planned;
    this.reached = [];
  }

  /** Kills it from outside, wherever it is; the next one is killed at `plan` while it starts. Resolves when one is ready. */
  async killNow(plan: Plan | null): Promise<void> {
    await this.#ready.promise;
    this.#forStart = plan;
    const child = this.#child!;
    child.kill('SIGKILL');
    await once(child, 'exit');
    await this.#ready.promise;
  }

  ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return this.persist(() => this.platform.ask<T>(query, variables));
  }

  /** Asks until there is an answer: a connection that breaks says nothing of what became of the question. */
  async persist<T>(question: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + ANSWER_MILLISECONDS;
    for (;;) {
      await this.#ready.promise;
      try {
        return await question();
      } catch (error) {
        // What fetch throws for a connection that was refused or broke; an answer that says no is an answer.
        // By its name: in Jest it is the TypeError of another realm.
        if ((error as Error).name !== 'TypeError' || performance.now() > deadline) throw error;
        await delay(20);
      }
    }
  }

  /** Rows of the database as they are stored. */
  rows(sql: string): Record<string, unknown>[] {
    const database = new DatabaseSync(join(this.platform.data, 'cartwright.db'), { readOnly: true, timeout: 1000 });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }

  /** Gives the control plane another newest key, which it has once it is started again. */
  async rotateKey(): Promise<void> {
    const program = join(PRESENT, 'dist/control-plane/cli/bin.js');
    await promisify(execFile)(process.execPath, [program, 'keys', 'rotate'], { env: this.platform.environment });
    for (const { uid } of this.rows(`select uid from instance where state != 'terminated'`))
      this.renewed.add(String(uid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await this.platform[Symbol.asyncDispose]();
    await this.#supervising;
    await this.broker.close();
  }

  async #supervise(): Promise<void> {
    while (!this.#isClosing) {
      const running = this.platform.run(PRESENT, (program, environment) => this.#launch(program, environment));
      const child = this.#child!;
      const isUp = running.then(
        () => {
          this.#isReady = true;
          this.#ready.resolve();
        },
        (error: unknown) => {
          // Killed on its way: the next one may get there. Whatever else keeps it from getting ready is a fault.
          if (child.signalCode !== 'SIGKILL') this.#fail(error);
        },
      );
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await isUp;
      if (this.#isClosing || child.signalCode === 'SIGKILL') continue;
      this.#fail(new Error(`the control plane ended with ${child.signalCode ?? child.exitCode} by itself`));
      return;
    }
  }

  #fail(error: unknown): void {
    this.accidents.push((error as Error).message);
    // Whether or not anybody waits for it now.
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(error);
  }

  #launch(program: string, environment: NodeJS.ProcessEnv): ChildProcess {
    const plan = this.#forStart;
    this.#forStart = null;
    this.reached = [];
    let isPlanned = plan !== null;
    const child = spawn(process.execPath, [join(program, 'dist/test/crash/program/control-plane.js')], {
      env: { ...environment, ...(plan === null ? {} : { CARTWRIGHT_CRASH_PLAN: JSON.stringify(plan) }) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child.on('message', ({ reached, planned }: { reached?: FaultPoint; planned?: boolean }) => {
      if (reached !== undefined) this.reached.push(reached);
      if (planned !== undefined) isPlanned = planned;
    });
    child.once('exit', (_code, signal) => {
      if (this.#isReady) this.#ready = Promise.withResolvers();
      this.#isReady = false;
      const last = this.reached.at(-1);
      if (signal === 'SIGKILL' && isPlanned && !child.killed && last !== undefined) this.kills.push(last);
    });
    this.#child = child;
    return child;
  }
}
