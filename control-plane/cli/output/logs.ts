/** Entries of a log for people: lines after who wrote them, and what is missing where it is missing. */
import { withoutTypename } from '../client/document.ts';
import type { Session } from '../client/session.ts';
import type { LogGapFieldsFragment, LogLineFieldsFragment } from '../generated/operations.ts';
import { paint, wantsColour } from './colour.ts';
import { foreign } from './foreign.ts';
import { short } from './text.ts';

type Line = LogLineFieldsFragment & { readonly __typename?: 'LogLine' };
type Gap = LogGapFieldsFragment & { readonly __typename?: 'LogGap' };
type Entry = (Line & { readonly __typename: 'LogLine' }) | (Gap & { readonly __typename: 'LogGap' });

/** Why lines are missing, as people say it; docs/logs.md has the same table. */
const CAUSES: Readonly<Record<string, string>> = {
  'rate-limit': 'rate limit of the instance',
  'broker-away': 'the broker was away',
  agent: 'by the agent',
  transit: 'lost between agent and control plane',
  'control-plane-away': 'the control plane was away',
  'tenant-limit': 'limit of the tenant',
  'queue-full': 'the control plane was behind',
  'write-failed': 'the log could not be written',
  'disk-low': 'too little room on the disk',
  'power-lost': 'the control plane ended while writing',
  removed: 'no longer kept',
};

export interface LogPrinterOptions {
  /** Each line after alias and instance. */
  readonly isNamed: boolean;
  /** Each line after its time. */
  readonly isTimed: boolean;
}

export class LogPrinter {
  readonly #session: Session;
  readonly #options: LogPrinterOptions;
  #hasPrinted = false;

  constructor(session: Session, options: LogPrinterOptions) {
    this.#session = session;
    this.#options = options;
  }

  get hasPrinted(): boolean {
    return this.#hasPrinted;
  }

  async entry(entry: Entry): Promise<void> {
    this.#hasPrinted = true;
    const value = entry.__typename === 'LogGap' ? { gap: withoutTypename(entry) } : withoutTypename(entry);
    await this.#session.printer.item(value, () => this.text(entry));
  }

  text(entry: Entry): string {
    return entry.__typename === 'LogGap' ? this.#gap(entry) : this.#line(entry);
  }

  #line({ at, alias, instance, stream, text }: Line): string {
    const { io } = this.#session;
    // What a program would see of its own terminal needs no name.
    const source = stream === 'stdout' || stream === 'stderr' ? '' : `[${stream}] `;
    return `${this.#prefix(at, alias, instance)}${source}${foreign(text, wantsColour(io, io.stdout))}`;
  }

  #gap({ noticedAt, ofAlias, ofInstance, lines, cause }: Gap): string {
    const { io } = this.#session;
    const what = lines === null ? 'lines are missing' : `${grouped(lines)} ${lines === 1 ? 'line' : 'lines'} dropped`;
    const why = foreign(CAUSES[cause] ?? cause, false);
    return `${this.#prefix(noticedAt, ofAlias, ofInstance)}${paint(io, io.stdout, 'dim', `… ${what} here (${why})`)}`;
  }

  #prefix(at: string | null, alias: string | null, instance: string | null): string {
    const time = this.#options.isTimed && at !== null ? `${at} ` : '';
    const whose = this.#options.isNamed && alias !== null && instance !== null ? `${alias}/${short(instance)} ` : '';
    return time + whose;
  }
}

/** `1,234` */
function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
