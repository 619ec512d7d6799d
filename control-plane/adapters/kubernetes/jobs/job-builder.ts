/**
 * Runs builds as Jobs of host clusters. Each is named after its build, so that a control plane that comes back goes on with the one that is there; its source and
 * its result lie in files here, and what comes back is unpacked as what any stranger has packed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { mostArchiveBytes } from '../../../../schema/agent/build.ts';
import type { TaskResult } from '../../../../schema/agent/task.ts';
import { BuildError, CartwrightError, isOfTheMachine, RequestError, startFailure } from '../../../app/errors.ts';
import type { Builder, BuildRequest } from '../../../app/ports/artifacts.ts';
import type { BuildIdentity } from '../../../app/ports/pods.ts';
import type { JobRequest, ObservedTask, TaskProvider } from '../../../app/ports/tasks.ts';
import { emptyFolder } from '../../artifacts/empty-folder.ts';
import { unpackArchive } from '../../artifacts/unpack.ts';
import { cancelled, tooLarge } from '../../builder/build-errors.ts';
import { Output } from '../../builder/output.ts';
import { treeBytes } from '../../builder/tree-size.ts';
import type { BuildExchange } from './build-exchange.ts';
import { failureOf, lost, notStarted } from './build-failure.ts';
import { OutputReader } from './output-reader.ts';
import { AWAY_MILLISECONDS, Patience } from './patience.ts';

const LOOK_EVERY_MILLISECONDS = 300;
const PLACE_EVERY_MILLISECONDS = 1000;
/** A pod that has its image has begun by then. */
const SLOW_MILLISECONDS = 5000;
/** For the hook to end when it has to, and for the agent to say so. */
const STOP_GRACE_SECONDS = 15;
/** Which waiting does not mend. */
const LASTING: ReadonlySet<string> = new Set([
  'IMAGE_MISSING',
  'NAMESPACE_TAKEN',
  'OBJECT_TAKEN',
  'POD_SECURITY_FORBIDDEN',
]);

export interface JobBuilderOptions {
  readonly jobs: Pick<TaskProvider, 'observe' | 'stop' | 'output' | 'remove' | 'list' | 'unseen'> & {
    start(request: JobRequest): Promise<void>;
    /** Name of the host cluster that has it, where that does not answer now. */
    awayIn(build: string): string | undefined;
  };
  readonly exchange: BuildExchange;
  /** What one may use at most. */
  readonly memoryBytes: number;
  /** The result that the agent of a build has brought. */
  readonly resultOf: (build: string) => Promise<TaskResult | undefined>;
  /** The same for the same build, also after a restart. */
  readonly tokenOf: (build: string) => string;
  /** Uids of the builds that are still to be finished; others leave nothing behind. */
  readonly underWay: () => Promise<readonly string[]>;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
  readonly onProblem: (error: unknown) => void;
}

interface Running extends BuildIdentity {
  readonly maximumBytes: number;
}

type EndedTask = Extract<ObservedTask, { readonly state: 'ended' }>;

interface Again<T> {
  readonly build: string;
  readonly waiting: Waiting;
  readonly signal: AbortSignal;
  readonly milliseconds: number;
  readonly work: () => Promise<T>;
  readonly failure: (why: string, cause: unknown) => BuildError;
}

export class JobBuilder implements Builder {
  readonly #options: JobBuilderOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: JobBuilderOptions) {
    this.#options = options;
  }

  /** What the agent of a build is told; `undefined` while nobody waits for it. */
  identity(build: string): BuildIdentity | undefined {
    return this.#running.get(build);
  }

  /**
   * The build that runs with this token, and the most bytes that its result may have as an archive. Throws `RequestError` NOT_READY for
   * one that is to be finished and that this process has not gone on with yet: its agent asks again.
   */
  async byToken(token: string): Promise<{ readonly build: string; readonly mostBytes: number } | undefined> {
    for (const [build, running] of this.#running)
      if (running.token === token) return { build, mostBytes: mostArchiveBytes(running.maximumBytes) };
    const { underWay, tokenOf } = this.#options;
    if ((await underWay()).some((build) => tokenOf(build) === token))
      throw new RequestError('NOT_READY', 'the control plane has just begun, and goes on with this build in a moment');
    return undefined;
  }

  /** Leaves what runs where the signal ends it: whoever runs the build again goes on with it. */
  async run(request: BuildRequest, line: (text: string) => void, signal: AbortSignal): Promise<void> {
    const { build, directory, maximumBytes, hook } = request;
    if (hook !== undefined) {
      try {
        const source = await this.#options.exchange.put(build, directory);
        const document = documentOf(request, hook, source);
        this.#running.set(build, { document, token: this.#options.tokenOf(build), maximumBytes });
        const output = new Output(line);
        const ended = await this.#follow(request, document, output, signal);
        const failure = failureOf(request, ended, output.last(3));
        if (failure !== undefined) throw failure;
        await emptyFolder(directory);
        await unpackArchive(this.#options.exchange.result(build), directory, maximumBytes).catch(asBuildError);
      } finally {
        this.#running.delete(build);
        if (!signal.aborted) await this.#clear(build);
      }
    }
    if ((await treeBytes(directory, maximumBytes)) > maximumBytes) throw tooLarge(maximumBytes);
  }

  /** Removes what is left of builds that nobody waits for any more. */
  async sweep(): Promise<void> {
    const { jobs, underWay } = this.#options;
    if (jobs.unseen().length > 0) return;
    const listed = await jobs.list();
    // Afterwards: a build is stored before its Job is there.
    const kept = new Set(await underWay());
    for (const { task } of listed) if (!this.#running.has(task) && !kept.has(task)) await this.#clear(task);
  }

  async #follow(
    request: BuildRequest,
    document: JobRequest['document'],
    output: Output,
    signal: AbortSignal,
  ): Promise<EndedTask> {
    const { jobs, monotonic, onProblem } = this.#options;
    const { build, timeoutSeconds } = request;
    const reader = new OutputReader((from) => jobs.output(build, from), output);
    await this.#start(request, document, output, signal);
    const patience = new Patience(timeoutSeconds);
    const waiting = new Waiting(output);
    const startedAt = monotonic();
    for (;;) {
      const { task, away } = await this.#look(build);
      const isHeard = await reader.read();
      const end = await this.#endOf(build, task, away !== undefined);
      if (end !== undefined) {
        await reader.finish();
        return end;
      }
      waiting.tell(away ?? delayOf(task, monotonic() - startedAt));
      const seen = task ?? undefined;
      switch (patience.verdict({ task: seen, isAway: away !== undefined, isHeard }, monotonic())) {
        case 'away':
          throw lost(`${away} for minutes now`);
        case 'stays':
          return { ...GONE, task: build, problem: STAYS, ...seen, state: 'ended' };
        case 'stop':
          // Not waited for: a host cluster that does not answer any more keeps nobody.
          jobs.stop(build, STOP_GRACE_SECONDS).catch(onProblem);
          break;
        case 'wait':
      }
      await pause(LOOK_EVERY_MILLISECONDS, signal);
    }
  }

  /** Goes on with the Job that is there, or waits for a place and for a host cluster that takes one. */
  async #start(
    request: BuildRequest,
    document: JobRequest['document'],
    output: Output,
    signal: AbortSignal,
  ): Promise<void> {
    const { jobs, memoryBytes } = this.#options;
    const { build, isResumed, placeFor, timeoutSeconds } = request;
    const told = { build, waiting: new Waiting(output), signal };
    // One that was begun before may be where nobody answers yet.
    const find = { milliseconds: AWAY_MILLISECONDS, failure: lost, work: () => jobs.observe(build) };
    if (isResumed && (await this.#again({ ...told, ...find })) !== undefined) return;
    const start = async () => jobs.start({ document, placement: await placeFor(memoryBytes) });
    await this.#again({ ...told, milliseconds: timeoutSeconds * 1000, failure: notStarted, work: start });
  }

  /** Until it succeeds: what keeps it from that is said, and may pass in this time. */
  async #again<T>({ build, waiting, signal, milliseconds, failure, work }: Again<T>): Promise<T> {
    const { monotonic, onProblem } = this.#options;
    const until = monotonic() + milliseconds;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { message } = startFailure(error, build);
        const isLasting = error instanceof CartwrightError && LASTING.has(error.code);
        if (isLasting || monotonic() > until) throw failure(message, error);
        if (waiting.tell(message) && isOfTheMachine(error)) onProblem(error);
        await pause(PLACE_EVERY_MILLISECONDS, signal);
      }
    }
  }

  /** `task` is null where there is nothing of it. */
  async #look(build: string): Promise<{ readonly task?: ObservedTask | null; readonly away?: string }> {
    const { jobs } = this.#options;
    try {
      const task = (await jobs.observe(build)) ?? null;
      const hostCluster = jobs.awayIn(build);
      return hostCluster === undefined ? { task } : { task, away: `the host cluster ${hostCluster} does not answer` };
    } catch (error) {
      return { away: startFailure(error, build).message };
    }
  }

  /** What its agent has brought counts without a word of its host cluster, unless that has to say why it failed. */
  async #endOf(build: string, task: ObservedTask | null | undefined, isAway: boolean): Promise<EndedTask | undefined> {
    if (task === null) return { ...GONE, task: build };
    if (task?.state === 'ended') return task;
    const result = await this.#options.resultOf(build);
    if (result === undefined) return undefined;
    const isDone = result.ending.kind === 'exited' && result.ending.code === 0;
    return isDone || isAway ? { ...GONE, task: build, result, detail: 'its agent has said so' } : undefined;
  }

  async #clear(build: string): Promise<void> {
    const { jobs, exchange, onProblem } = this.#options;
    await exchange.remove(build);
    // A host cluster that does not answer is asked again by the next sweep.
    await jobs.remove(build).catch(onProblem);
  }
}

/** Why it has not begun for so long. */
function delayOf(task: ObservedTask | null | undefined, milliseconds: number): string | undefined {
  if (task?.isBegun !== false) return undefined;
  const usual =
    milliseconds > SLOW_MILLISECONDS ? 'its pod begins; a node without its image pulls that first' : undefined;
  return task.problem?.message ?? usual;
}

/** What a build waits for, each reason once. */
class Waiting {
  readonly #output: Output;
  #told: string | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** `undefined`: for nothing. Answers whether it was news. */
  tell(why: string | undefined): boolean {
    const isNews = why !== undefined && why !== this.#told;
    if (isNews) this.#output.say(`waiting: ${why}`);
    this.#told = why;
    return isNews;
  }
}

const STAYS = { code: 'task-timed-out', message: 'its Job was to be ended, and is still there' };
const GONE = { state: 'ended', isBegun: true, result: null, detail: 'its Job was deleted' } as const;

function documentOf(
  { build, tenant, service, start, environment, maximumBytes, timeoutSeconds }: BuildRequest,
  hook: string,
  source: { readonly digest: string; readonly bytes: number },
): JobRequest['document'] {
  const { cartridge, ...identity } = service;
  return {
    ...{ v: 1, tenant, ...identity, instance: build, brokers: [], controlPlane: '' },
    cartridge: { ...cartridge, spec: { ...cartridge.spec, ports: [] } },
    build: {
      ...{ source, hook, environment: { ...environment }, maximumBytes, timeoutSeconds },
      ...(start === undefined ? {} : { start: [...start] }),
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {
    throw cancelled();
  });
}

/** What somebody's hook has made is the build's own fault. */
function asBuildError(error: unknown): never {
  if (!(error instanceof CartwrightError)) throw error;
  const code = error.code === 'ARTIFACT_TOO_LARGE' ? 'BUILD_TOO_LARGE' : 'BUILD_FAILED';
  if (error.code !== 'ARTIFACT_TOO_LARGE' && error.code !== 'ARTIFACT_INVALID') throw error;
  throw new BuildError(code, `the build's result is not taken: ${error.message}`, { cause: error });
}
