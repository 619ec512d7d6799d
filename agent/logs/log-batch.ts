/** Collects lines for the broker: rate-capped, bounded, and honest about what it dropped, how much, where and why. */
import { MAX_LINES, type LogLevel, type LogReport } from '../../schema/mqtt/log.ts';

/** Of one message, as JSON: half of what any topic may carry. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** What a line costs in a message besides its text. */
const LINE_BYTES = 100;
/** Lines, and characters of them, that wait at most: while the broker is away, or more comes than messages carry. */
const MAX_WAITING = 2000;
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024;
/** Messages that were taken so lately say that the broker is there: what does not fit then came too fast. */
const LATELY_MILLISECONDS = 5000;
const BURST_SECONDS = 4;
/** Lines of the agent's own and of hooks, which a flood of the application's must not push out. */
const OWN_LINES_PER_SECOND = 20;

export type DropCause = 'rate-limit' | 'broker-away';

export interface Line {
  readonly stream: string;
  readonly text: string;
  readonly level?: LogLevel;
  /** Called when the line has been taken for a message, or dropped: its place in its file can be forgotten. */
  readonly onSettled?: () => void;
}

type Waiting =
  | { readonly kind: 'line'; readonly line: Line; readonly at: number }
  | { readonly kind: 'gap'; lines: number; readonly cause: DropCause };

export class LogBatch {
  readonly #application: Rate;
  readonly #own = new Rate(OWN_LINES_PER_SECOND);
  #waiting: Waiting[] = [];
  #waitingLines = 0;
  #waitingCharacters = 0;
  /** Dropped lines that messages have told of: not those whose gap still waits. */
  #told = 0;
  #sequence = 0;
  #sent = 0;
  /** When somebody last asked for a message, whether or not there was one. */
  #askedAt: number | undefined;

  /** @param linesPerSecond of the application, on average */
  constructor(linesPerSecond: number) {
    this.#application = new Rate(linesPerSecond);
  }

  /** Whether another line of the application would be kept now. @param now monotonic milliseconds */
  hasRoom(now: number): boolean {
    return (
      this.#waitingLines < MAX_WAITING &&
      this.#waitingCharacters < MAX_WAITING_CHARACTERS &&
      this.#application.isAvailable(now)
    );
  }

  /** @param now monotonic milliseconds */
  add(line: Line, now: number): void {
    const isOwn = line.stream === 'agent' || line.stream.startsWith('hook-');
    if (!(isOwn ? this.#own : this.#application).take(now)) {
      this.#drop(line, 'rate-limit');
      return;
    }
    this.#waiting.push({ kind: 'line', line, at: now });
    this.#waitingLines += 1;
    this.#waitingCharacters += line.text.length;
    while (this.#waitingLines > MAX_WAITING || this.#waitingCharacters > MAX_WAITING_CHARACTERS)
      this.#dropOldest(this.#isTaken(now) ? 'rate-limit' : 'broker-away');
  }

  #isTaken(now: number): boolean {
    return this.#askedAt !== undefined && now - this.#askedAt <= LATELY_MILLISECONDS;
  }

  #drop(line: Line, cause: DropCause): void {
    const last = this.#waiting.at(-1);
    if (last?.kind === 'gap' && last.cause === cause) last.lines += 1;
    else this.#waiting.push({ kind: 'gap', lines: 1, cause });
    line.onSettled?.();
  }

  /** The gap in front grows by the oldest line, and by what had been dropped behind that one. */
  #dropOldest(cause: DropCause): void {
    const index = this.#waiting.findIndex(({ kind }) => kind === 'line');
    const oldest = this.#waiting[index];
    if (oldest?.kind !== 'line') return;
    this.#waitingLines -= 1;
    this.#waitingCharacters -= oldest.line.text.length;
    const front = this.#waiting.slice(0, index).find((entry) => entry.kind === 'gap' && entry.cause === cause);
    if (front?.kind === 'gap') {
      front.lines += 1;
      this.#waiting.splice(index, 1);
    } else this.#waiting[index] = { kind: 'gap', lines: 1, cause };
    oldest.line.onSettled?.();
  }

  /**
   * The next message; `undefined` when nothing waits. What it carries is no longer waiting, and settled when `settle` is
   * called: when the message has left.
   */
  take(session: string, now: number): { readonly report: LogReport; readonly settle: () => void } | undefined {
    this.#askedAt = now;
    if (this.#waiting.length === 0) return undefined;
    const entries = this.#waiting.splice(0, this.#fitting());
    const lines: LogReport['lines'] = [];
    const gaps: NonNullable<LogReport['gaps']> = [];
    const settled: (() => void)[] = [];
    for (const entry of entries) {
      if (entry.kind === 'gap') {
        gaps.push({ before: lines.length, lines: entry.lines, cause: entry.cause });
        this.#told += entry.lines;
      } else {
        const { stream, text, level, onSettled } = entry.line;
        const ageMilliseconds = Math.max(0, Math.round(now - entry.at));
        lines.push({ stream, ageMilliseconds, text, ...(level === undefined ? {} : { level }) });
        this.#waitingCharacters -= text.length;
        if (onSettled) settled.push(onSettled);
      }
    }
    this.#waitingLines -= lines.length;
    this.#sequence += 1;
    const offset = this.#sent;
    this.#sent += lines.length;
    const report = { v: 1 as const, session, sequence: this.#sequence, offset, lines, gaps, dropped: this.#told };
    return { report, settle: () => settled.forEach((call) => call()) };
  }

  /** How many of what waits go into one message; at least one. */
  #fitting(): number {
    let bytes = 0;
    let [lines, gaps] = [0, 0];
    for (const [index, entry] of this.#waiting.entries()) {
      bytes += LINE_BYTES + (entry.kind === 'line' ? Buffer.byteLength(JSON.stringify(entry.line.text)) : 0);
      if (entry.kind === 'line') lines += 1;
      else gaps += 1;
      if (index > 0 && (lines > MAX_LINES || gaps > MAX_LINES || bytes > MAX_MESSAGE_BYTES)) return index;
    }
    return this.#waiting.length;
  }
}

/** A mean rate; {@link BURST_SECONDS} of it may come at once. */
class Rate {
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * BURST_SECONDS;
  }

  isAvailable(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= 1;
  }

  take(now: number): boolean {
    if (!this.isAvailable(now)) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(now: number): void {
    const earned = (Math.max(0, now - this.#refilledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * BURST_SECONDS, this.#tokens + earned);
    this.#refilledAt = now;
  }
}
