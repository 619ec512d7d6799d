/** Receivers of logs outside of the platform. */
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import { CartwrightError } from '../errors.ts';
import type { LogOwner } from './logs.ts';

/** A batch was not taken. Codes: DRAIN_HOST_NOT_ALLOWED, DRAIN_UNREACHABLE, DRAIN_REFUSED. */
export class DrainError extends CartwrightError {
  /** The same batch would be refused again: it is given up. */
  readonly isFinal: boolean;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMilliseconds: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; isFinal?: boolean; retryAfterMilliseconds?: number } = {},
  ) {
    super(code, message, options);
    this.isFinal = options.isFinal ?? false;
    this.retryAfterMilliseconds = options.retryAfterMilliseconds;
  }
}

/** A way to one receiver. */
export interface DrainTransport {
  /**
   * Resolves when the receiver has taken the batch (over TCP and UDP: when the network has), with the number of entries that
   * it refused. Rejects with {@link DrainError}, or the signal's reason.
   */
  send(entries: readonly LogEntry[], signal: AbortSignal): Promise<{ readonly refused: number }>;
  close(): Promise<void>;
}

export interface DrainTransports {
  open(application: LogOwner, drain: Drain): DrainTransport;
}

/** Up to which sequence of a log each drain has sent, over restarts of the control plane. */
export interface DrainPositions {
  /** Null when it has never sent anything. */
  load(application: LogOwner, drain: string): Promise<number | null>;
  save(application: LogOwner, drain: string, sequence: number): Promise<void>;
  /** Of an application, all but those named. */
  forget(application: LogOwner, keep: readonly string[]): Promise<void>;
}
