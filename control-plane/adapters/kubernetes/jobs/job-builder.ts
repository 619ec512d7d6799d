/**
 * Runs builds as Jobs of host clusters. Each is named after its build, so that a control plane that comes back goes on with the one that is there; its source and
 * its result lie in files here, and what comes back is unpacked as what any stranger has packed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { mostArchiveBytes } from '../../../../schema/agent/build.ts';
import { BuildError, CartwrightError, RequestError } from '../../../app/errors.ts';
import type { Builder, BuildRequest } from '../../../app/ports/artifacts.ts';
import type { BuildIdentity } from '../../../app/ports/pods.ts';
import type { JobRequest, ObservedTask, TaskProvider } from '../../../app/ports/tasks.ts';
import { emptyFolder } from '../../artifacts/empty-folder.ts';
import { unpackArchive } from '../../artifacts/unpack.ts';
import { Output } from '../../builder/output.ts';
import { treeBytes } from '../../builder/tree-size.ts';
import type { BuildExchange } from './build-exchange.ts';
import { failureOf } from './build-failure.ts';
import { OutputReader } from './output-reader.ts';

const LOOK_EVERY_MILLISECONDS = 300;
const PLACE_EVERY_MILLISECONDS = 2000;
/** For the hook to end when it has to, and for the agent to say so. */
const STOP_GRACE_SECONDS = 15;
/** Whatever keeps a build from beginning may pass by then. */
const STUCK_MILLISECONDS = 120_000;
/** Beyond its limit, which its agent keeps. */
const LATE_MILLISECONDS = 60_000;

export interface JobBuilderOptions {
  readonly jobs: Pick<TaskProvider, 'observe' | 'stop' | 'output' | 'remove' | 'list' | 'unseen'> & {
    start(request: JobRequest): Promise<void>;
  };
  readonly exchange: BuildExchange;
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
  ): Promise<Extract<ObservedTask, { readonly state: 'ended' }>> {
    const { jobs, monotonic } = this.#options;
    const { build, timeoutSeconds } = request;
    const reader = new OutputReader((from) => jobs.output(build, from), output);
    await this.#start(request, document, output, signal);
    const patience = new Patience(timeoutSeconds);
    for (;;) {
      const seen = await this.#look(build);
      await reader.read();
      if (seen?.state === 'ended' || seen === null) {
        await reader.finish();
        return seen ?? { task: build, ...GONE };
      }
      if (seen !== undefined && patience.isOver(seen, monotonic())) await jobs.stop(build, STOP_GRACE_SECONDS);
      await pause(LOOK_EVERY_MILLISECONDS, signal);
    }
  }

  /** Waits for a place and for a host cluster that takes it; a Job that is there already is the build's. */
  async #start(
    request: BuildRequest,
    document: JobRequest['document'],
    output: Output,
    signal: AbortSignal,
  ): Promise<void> {
    const { jobs, monotonic } = this.#options;
    const until = monotonic() + request.timeoutSeconds * 1000;
    for (let isTold = false; ; isTold = true) {
      try {
        // One that was begun before may be where nobody answers yet.
        if (request.isResumed && (await jobs.observe(request.build)) !== undefined) return;
        return await jobs.start({ document, placement: await request.placeFor() });
      } catch (error) {
        const isKnown = error instanceof CartwrightError;
        if (!isKnown || monotonic() > until)
          throw isKnown ? new BuildError('BUILD_NOT_STARTED', `the build was not started: ${error.message}`) : error;
        if (!isTold) output.say(`waiting: ${error.message}`);
        await pause(PLACE_EVERY_MILLISECONDS, signal);
      }
    }
  }

  /** `undefined`: nobody can say now; null: there is nothing of it. */
  async #look(build: string): Promise<ObservedTask | undefined | null> {
    try {
      return (await this.#options.jobs.observe(build)) ?? null;
    } catch (error) {
      if (error instanceof CartwrightError) return undefined;
      throw error;
    }
  }

  async #clear(build: string): Promise<void> {
    const { jobs, exchange, onProblem } = this.#options;
    await exchange.remove(build);
    // A host cluster that does not answer is asked again by the next sweep.
    await jobs.remove(build).catch(onProblem);
  }
}

/** How long a build that runs is waited for: its agent keeps its limit, and what keeps it from beginning may pass. */
class Patience {
  readonly #limitMilliseconds: number;
  #begunAt: number | undefined;
  #stuckAt: number | undefined;

  constructor(timeoutSeconds: number) {
    this.#limitMilliseconds = timeoutSeconds * 1000 + LATE_MILLISECONDS;
  }

  /** To be asked with each thing that is seen. */
  isOver({ isBegun, problem }: ObservedTask, now: number): boolean {
    if (isBegun) this.#begunAt ??= now;
    this.#stuckAt = isBegun || problem === undefined ? undefined : (this.#stuckAt ?? now);
    const isLate = this.#begunAt !== undefined && now - this.#begunAt > this.#limitMilliseconds;
    return isLate || (this.#stuckAt !== undefined && now - this.#stuckAt > STUCK_MILLISECONDS);
  }
}

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
    throw new BuildError('BUILD_CANCELLED', 'the build was cancelled');
  });
}

/** What somebody's hook has made is the build's own fault. */
function asBuildError(error: unknown): never {
  if (!(error instanceof CartwrightError)) throw error;
  const code = error.code === 'ARTIFACT_TOO_LARGE' ? 'BUILD_TOO_LARGE' : 'BUILD_FAILED';
  if (error.code !== 'ARTIFACT_TOO_LARGE' && error.code !== 'ARTIFACT_INVALID') throw error;
  throw new BuildError(code, `the build's result is not taken: ${error.message}`, { cause: error });
}

function tooLarge(maximumBytes: number): BuildError {
  return new BuildError(
    'BUILD_TOO_LARGE',
    `the build's result has more than ${maximumBytes} bytes; leave out what is not needed to run, or raise the cartridge's build.maximumBytes`,
  );
}
