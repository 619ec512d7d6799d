/** Collects lines for the broker: rate-capped, bounded, and honest about what it dropped. */
import type { LogReport } from '../../schema/mqtt/log.ts';

const MAX_LINES = 500;
/** Of one message, as JSON: half of what any topic may carry. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** Lines kept while the broker is away. */
const MAX_WAITING = 2000;
const BURST_SECONDS = 4;

interface Line {
  readonly stream: string;
  readonly text: string;
  readonly at: number;
}

export class LogBatch {
  readonly #linesPerSecond: number;
  #waiting: Line[] = [];
  #dropped = 0;
  #tokens: number;
  #refilledAt = 0;
  #sequence = 0;

  constructor(linesPerSecond: number) {
    this.#linesPerSecond = linesPerSecond;
    this.#tokens = linesPerSecond * BURST_SECONDS;
  }

  /** @param now monotonic milliseconds */
  add(stream: string, text: string, now: number): void {
    this.#refill(now);
    if (this.#tokens < 1) {
      this.#dropped += 1;
      return;
    }
    this.#tokens -= 1;
    this.#waiting.push({ stream, text, at: now });
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#waiting.shift();
    this.#dropped += 1;
  }

  #refill(now: number): void {
    const earned = (Math.max(0, now - this.#refilledAt) / 1000) * this.#linesPerSecond;
    this.#tokens = Math.min(this.#linesPerSecond * BURST_SECONDS, this.#tokens + earned);
    this.#refilledAt = now;
  }

  /** The next message; `undefined` when nothing waits. What it carries is no longer waiting. */
  take(session: string, now: number): LogReport | undefined {
    if (this.#waiting.length === 0) return undefined;
    let bytes = 0;
    let count = 0;
    for (const line of this.#waiting) {
      bytes += Buffer.byteLength(JSON.stringify(line.text)) + 80;
      if (count > 0 && (count >= MAX_LINES || bytes > MAX_MESSAGE_BYTES)) break;
      count += 1;
    }
    const lines = this.#waiting.splice(0, count);
    this.#sequence += 1;
    return {
      v: 1,
      session,
      sequence: this.#sequence,
      lines: lines.map(({ stream, text, at }) => ({
        stream,
        text,
        ageMilliseconds: Math.max(0, Math.round(now - at)),
      })),
      dropped: this.#dropped,
    };
  }
}
