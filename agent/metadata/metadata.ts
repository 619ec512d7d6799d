/**
 * Keeps the instance's metadata file as it is wanted: fetches what is newer, replaces the file by one rename, and tells. The
 * file outlives the agent, so that an application finds what was last known while the control plane is away.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { metadataDocument, NO_METADATA, type MetadataDocument } from '../../schema/agent/metadata.ts';
import type { DesiredDocument } from '../../schema/mqtt/desired.ts';
import { httpGet, readBody } from '../artifacts/http.ts';
import { exponential } from '../back-off.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';

type Wanted = NonNullable<DesiredDocument['metadata']>;

const MAX_BYTES = 1024 * 1024;
const RETRY_BASE_MILLISECONDS = 500;
const RETRY_CAP_MILLISECONDS = 30_000;
/** How long a start waits for the first fetch; after that it goes on with what the file holds. */
const PATIENCE_MILLISECONDS = 3000;

/** What applications read: both together, the service cluster's over the application's. */
function fileOf({ version, application, component }: MetadataDocument): string {
  return `${JSON.stringify({ version, entries: { ...application, ...component }, application, component }, undefined, 2)}\n`;
}

/** Fetches it once. Rejects when it does not come or is not what it should be. */
export async function fetchMetadata(url: string, token: string, signal: AbortSignal): Promise<MetadataDocument> {
  const body = await readBody(await httpGet(url, { token, signal }), MAX_BYTES);
  return metadataDocument.parse(JSON.parse(body.toString('utf8')));
}

export function writeMetadata(path: string, document: MetadataDocument): Promise<void> {
  return writeAtomically(path, fileOf(document));
}

export interface MetadataOptions {
  readonly path: string;
  readonly token: () => string;
  readonly log: AgentLog;
  /** The file has another content than before. */
  readonly onChange: () => void;
}

export class Metadata {
  readonly #options: MetadataOptions;
  #wanted: Wanted | undefined;
  #version: string;
  #change = new AbortController();
  #done: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: MetadataOptions) {
    this.#options = options;
    this.#version = versionIn(readIfPresent(options.path)) ?? '';
  }

  /** Makes the file where there is none. `held`: what is known already. */
  async open(held = NO_METADATA): Promise<void> {
    if (this.#version === '') await this.#write(held);
  }

  /** Takes what a desired document says of it. */
  offer(wanted: Wanted | undefined): void {
    if (wanted === undefined || this.#isClosed || wanted.version === this.#wanted?.version) return;
    this.#wanted = wanted;
    this.#change.abort();
    this.#change = new AbortController();
    this.#done ??= this.#work().finally(() => (this.#done = undefined));
  }

  /** Resolves when the file is as wanted, or after a while. Never rejects. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#done === undefined) return;
    const late = new AbortController();
    const patience = delay(PATIENCE_MILLISECONDS, undefined, { signal: AbortSignal.any([signal, late.signal]) });
    await Promise.race([this.#done, patience.catch(() => undefined)]);
    late.abort();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#change.abort();
    await this.#done;
  }

  async #work(): Promise<void> {
    for (let failures = 0; !this.#isClosed && this.#wanted !== undefined && this.#wanted.version !== this.#version;) {
      const { signal } = this.#change;
      try {
        await this.#bring(this.#wanted, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) continue;
        this.#options.log('warn', 'metadata not fetched', { error: (error as Error).message.slice(0, 500) });
        await delay(exponential(failures, RETRY_BASE_MILLISECONDS, RETRY_CAP_MILLISECONDS), undefined, {
          signal,
        }).catch(() => undefined);
        failures += 1;
      }
    }
  }

  async #bring(wanted: Wanted, signal: AbortSignal): Promise<void> {
    const document = await fetchMetadata(wanted.url, this.#options.token(), signal);
    await this.#write(document);
    // What is answered may be newer than what was named: the document that names it is on its way.
    this.#wanted = { ...wanted, version: document.version };
    this.#options.onChange();
  }

  async #write(document: MetadataDocument): Promise<void> {
    await writeMetadata(this.#options.path, document);
    this.#version = document.version;
  }
}

/** Of a file that this or an earlier run wrote; `undefined` for any other. */
function versionIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
