/**
 * The certificates for the load balancer beside this agent: fetched with the instance's token when the topology names another
 * revision, kept on disk (0600) for the next start, when nobody may be there to ask. Those of a release document stand in for them where none were
 * ever fetched. They hold keys and are never logged.
 */
import { certificatesDocument, NO_CERTIFICATES, type CertificatesDocument } from '../../schema/agent/certificates.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { httpGet, readBody } from '../artifacts/http.ts';
import { tryInTurn } from '../artifacts/retry.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { readIfPresent, writeAtomically } from '../storage/atomic-file.ts';

const MAX_BYTES = 2 * 1024 * 1024;
const TRY_AGAIN_MILLISECONDS = 30_000;
const NONE: CertificatesDocument = { v: 1, revision: NO_CERTIFICATES, certificates: [] };

type Offer = NonNullable<TopologyDocument['certificates']>;

export interface CertificatesOptions {
  readonly path: string;
  readonly token: () => string;
  readonly log: AgentLog;
  readonly onChange: (held: CertificatesDocument) => void;
}

export class Certificates {
  readonly #options: CertificatesOptions;
  #held: CertificatesDocument | undefined;
  /** The fetch that is under way, and what it fetches. */
  #fetching: { readonly revision: string; readonly ending: AbortController; readonly done: Promise<void> } | undefined;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: CertificatesOptions) {
    this.#options = options;
    this.#held = parse(readIfPresent(options.path));
  }

  /** `undefined` while none were ever fetched, or nobody has said that there are none. */
  get held(): CertificatesDocument | undefined {
    return this.#held;
  }

  /** Where none are held: what the balancer begins with while nobody can be asked. Another revision takes its place as ever. */
  async begin(document: CertificatesDocument): Promise<void> {
    const { path, log, onChange } = this.#options;
    if (this.#held !== undefined) return;
    this.#held = document;
    onChange(document);
    // Also for the run after this one, which may be no longer alone and find nobody all the same.
    await writeAtomically(path, JSON.stringify(document)).catch((error: Error) =>
      log('error', 'certificates not kept on disk', { error: error.message }),
    );
  }

  /** What the control plane says there is. Fetches it where it is another revision than what is held; the last word counts. */
  offer(offer: Offer): void {
    if (this.#isClosed || this.#fetching?.revision === offer.revision) return;
    clearTimeout(this.#again);
    this.#fetching?.ending.abort();
    this.#fetching = undefined;
    if (offer.revision === this.#held?.revision) return;
    const ending = new AbortController();
    const done = this.#fetch(offer, ending.signal).catch((error: Error) => this.#failed(offer, ending.signal, error));
    this.#fetching = { revision: offer.revision, ending, done };
  }

  async #fetch({ revision, url }: Offer, signal: AbortSignal): Promise<void> {
    const document = revision === NO_CERTIFICATES ? NONE : await this.#ask(url, signal);
    await writeAtomically(this.#options.path, JSON.stringify(document));
    if (signal.aborted) return;
    this.#fetching = undefined;
    this.#held = document;
    this.#options.onChange(document);
  }

  #ask(url: string, signal: AbortSignal): Promise<CertificatesDocument> {
    return tryInTurn([url], signal, async (address) => {
      const response = await httpGet(address, { token: this.#options.token(), signal });
      const document = parse((await readBody(response, MAX_BYTES)).toString('utf8'));
      if (document === undefined) throw new Error('the answer is not understood');
      return document;
    });
  }

  #failed(offer: Offer, signal: AbortSignal, error: Error): void {
    if (signal.aborted) return;
    this.#options.log('error', 'certificates not fetched; those before are served', { error: error.message });
    this.#fetching = undefined;
    this.#again = setTimeout(() => this.offer(offer), TRY_AGAIN_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#again);
    this.#fetching?.ending.abort();
    await this.#fetching?.done;
  }
}

/** Damaged ones are none: they are fetched again. */
function parse(text: string | undefined): CertificatesDocument | undefined {
  try {
    return text === undefined ? undefined : certificatesDocument.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
