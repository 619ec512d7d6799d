/** Receivers of notices outside of the platform. */
import { CartwrightError } from '../errors.ts';

/** A message was not taken. Codes: NOTICE_HOST_NOT_ALLOWED, NOTICE_UNREACHABLE, NOTICE_REFUSED. Names no address. */
export class NoticeError extends CartwrightError {
  /** The receiver's answer; null: there was none. */
  readonly status: number | null;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMilliseconds: number | undefined;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; status?: number; retryAfterMilliseconds?: number | undefined } = {},
  ) {
    super(code, message, options);
    this.status = options.status ?? null;
    this.retryAfterMilliseconds = options.retryAfterMilliseconds;
  }

  /** The same message would be refused again. */
  get isFinal(): boolean {
    return this.code === 'NOTICE_REFUSED';
  }
}

export interface NoticeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface NoticeTransport {
  /** Whether a URL may be sent to, as far as that is known without asking. Throws `RequestError` INVALID with the field `url`. */
  check(url: string): void;
  /** Resolves with the status when the receiver has taken it. Rejects with {@link NoticeError}, or the signal's reason. */
  send(request: NoticeRequest, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
