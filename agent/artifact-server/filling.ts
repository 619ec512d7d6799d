/** Keeps the shelf as the control plane's list says, again and again; while nobody answers, it stays as it is. */
import { setTimeout as delay } from 'node:timers/promises';
import { artifactList, MAX_ARTIFACT_LIST_BYTES, type ArtifactList } from '../../schema/agent/artifact-server.ts';
import { downloadArchive } from '../artifacts/download.ts';
import { httpGet, readBody } from '../artifacts/http.ts';
import { readToken } from '../config/instance.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { planShelf } from './plan.ts';
import type { ArtifactServerSettings } from './settings.ts';
import type { Shelf } from './shelf.ts';

const LOOK_EVERY_MILLISECONDS = 10_000;
const LEAST_BETWEEN_MILLISECONDS = 1000;
const LIST_MILLISECONDS = 10_000;

export interface FillingOptions {
  readonly settings: Pick<ArtifactServerSettings, 'source' | 'tokenFile' | 'maximumBytes'>;
  readonly shelf: Shelf;
  readonly log: AgentLog;
  readonly random?: () => number;
}

export class Filling {
  readonly #options: FillingOptions;
  readonly #closing = new AbortController();
  #hurry = new AbortController();
  #running: Promise<void> | undefined;
  /** What was told last, so that it is told once. */
  #told = '';

  constructor(options: FillingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Somebody wanted what is not here (yet). */
  hurry(): void {
    this.#hurry.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const random = this.#options.random ?? Math.random;
    while (!signal.aborted) {
      await this.#fill(signal).catch((error: Error) => this.#tell(error.message));
      this.#hurry = new AbortController();
      const pause = (milliseconds: number, until: AbortSignal): Promise<void> =>
        delay(milliseconds, undefined, { signal: until }).catch(() => undefined);
      await pause(LEAST_BETWEEN_MILLISECONDS, signal);
      if (!signal.aborted)
        await pause(LOOK_EVERY_MILLISECONDS * (0.8 + 0.4 * random()), AbortSignal.any([signal, this.#hurry.signal]));
    }
  }

  async #fill(signal: AbortSignal): Promise<void> {
    const { settings, shelf, log } = this.#options;
    const { artifacts } = await this.#list(signal);
    const { fetch, drop, left } = planShelf(shelf.held, artifacts, settings.maximumBytes);
    // Before anything comes: what comes has its room then.
    await shelf.drop(drop, new Set(fetch.map(({ digest }) => digest)));
    const failures: string[] = [];
    for (const { digest, bytes } of fetch)
      try {
        const slot = { slot: 'app', digest, bytes, urls: [`${settings.source}/${digest}`] };
        const options = { token: () => readToken(settings.tokenFile), signal, rounds: 1, awayMilliseconds: 0 };
        await downloadArchive(slot, shelf.coming(digest), options);
        await shelf.arrived(digest);
        log('info', 'artifact kept', { digest, bytes });
      } catch (error) {
        signal.throwIfAborted();
        // One that is damaged keeps no other away.
        failures.push((error as Error).message);
      }
    if (failures[0] !== undefined) throw new Error(failures[0]);
    const rest = `no room for ${left.length} artifacts of ${artifacts.length}: pods whose release is among them do not begin while the control plane is away. Give the server of artifacts more bytes`;
    this.#tell(left.length === 0 ? '' : rest);
  }

  async #list(signal: AbortSignal): Promise<ArtifactList> {
    const { source, tokenFile } = this.#options.settings;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIST_MILLISECONDS)]);
    const response = await httpGet(source, { token: readToken(tokenFile), signal: limited });
    const { data } = artifactList.safeParse(JSON.parse((await readBody(response, MAX_ARTIFACT_LIST_BYTES)).toString()));
    if (data === undefined) throw new Error(`the answer of ${source} is not understood`);
    return data;
  }

  #tell(problem: string): void {
    if (problem === this.#told || this.#closing.signal.aborted) return;
    this.#told = problem;
    if (problem === '') this.#options.log('info', 'all artifacts that are wanted are here');
    else this.#options.log('warn', 'not all artifacts that are wanted are here', { problem });
  }
}
