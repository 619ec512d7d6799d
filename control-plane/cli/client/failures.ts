/** What can go wrong between the CLI and a control plane, as errors for the person. */
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { UserErrorFieldsFragment } from '../generated/operations.ts';
import { RefusedInput, type InputFault } from '../refused-input.ts';

/** The connection was lost, or could not be made just now; asking again may work. */
export class ConnectionLost extends CliError {
  constructor(message: string, cause?: unknown) {
    super(EXIT.failed, message, { cause });
    this.name = 'ConnectionLost';
  }
}

/** Nothing listens where the control plane is said to be: it is stopped, or never was there. */
export class NobodyListens extends CliError {
  constructor(url: string, cause: unknown) {
    super(
      EXIT.failed,
      `nothing listens at ${url}: start the control plane with "cartwright serve", or choose another with "cartwright context"`,
      { cause },
    );
    this.name = 'NobodyListens';
  }
}

/** Waited for at most, whatever the control plane says. */
const LONGEST_WAIT_SECONDS = 10;

/** The token asks too much; after a while it may ask again. */
export class AskedTooMuch extends ConnectionLost {
  readonly retryAfterSeconds: number;

  constructor(url: string, retryAfter: string | null) {
    super(`${url} refuses: this token asks too much at once; see "rateLimit" of its caller`);
    this.name = 'AskedTooMuch';
    const seconds = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : 1;
    this.retryAfterSeconds = Math.min(seconds, LONGEST_WAIT_SECONDS);
  }
}

/** The control plane did not answer in its time; what was asked for may still be under way. */
export class OperationTimedOut extends CliError {
  constructor(message: string) {
    super(EXIT.failed, message);
    this.name = 'OperationTimedOut';
  }
}

/** The control plane has not what was asked for: it is of another version than this program. */
export class OtherVersion extends CliError {
  readonly #missing: string;

  /**
   * @param missing in the words of the control plane
   * @param versions of this program and of the control plane, where they are known
   */
  constructor(missing: string, url: string, versions?: { readonly own: string; readonly other: string }) {
    super(
      EXIT.failed,
      versions === undefined
        ? `${url} has not what this program asks for: ${missing}`
        : `this cartwright is ${versions.own} and the control plane at ${url} is ${versions.other}, which has not what is asked for: ${missing} Use a cartwright of its version, or update the control plane`,
    );
    this.name = 'OtherVersion';
    this.#missing = missing;
  }

  /** The same, with the versions of this program and of the control plane. */
  between(own: string, other: string, url: string): OtherVersion {
    return new OtherVersion(this.#missing, url, { own, other });
  }
}

/** How a control plane says that a document, or a variable, is not of its schema. */
const NOT_OF_ITS_SCHEMA =
  /^(?:Cannot query field|Unknown (?:argument|type|directive|field))|is not defined by (?:type|input)|^Fragment ".*" cannot (?:condition|be spread)/;

const EXITS: Readonly<Record<string, ExitCode>> = {
  UNAUTHENTICATED: EXIT.unauthenticated,
  FORBIDDEN: EXIT.unauthenticated,
  NOT_FOUND: EXIT.notFound,
};

/** The reasons for which a mutation was not carried out. */
export function refused(errors: readonly UserErrorFieldsFragment[]): CliError {
  if (errors.every(({ code }) => code === 'INVALID')) return new RefusedInput(errors);
  const message = errors.map((error) => error.message).join('\n');
  return new CliError(EXITS[errors[0]?.code ?? ''] ?? EXIT.failed, message);
}

/** The errors of a GraphQL answer; `undefined` when `errors` is not what the specification says they are. */
export function requestFailure(errors: unknown, url: string): CliError | undefined {
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const [first] = errors as { extensions?: { code?: unknown } }[];
  const code = typeof first?.extensions?.code === 'string' ? first.extensions.code : '';
  if (code === 'UNAUTHENTICATED') return unauthenticated(url);
  const message = [...new Set(errors.map(messageOf))].join('\n');
  if (code === 'TIMED_OUT') return new OperationTimedOut(message);
  const missing = errors.map(messageOf).find((text) => NOT_OF_ITS_SCHEMA.test(text));
  if (missing !== undefined && (code === 'GRAPHQL_VALIDATION_FAILED' || code === 'BAD_USER_INPUT'))
    return new OtherVersion(missing, url);
  const invalid = errors.map(invalidOf);
  if (invalid.every((fault) => fault !== undefined)) return new RefusedInput(invalid);
  return new CliError(EXITS[code] ?? EXIT.failed, message);
}

function invalidOf(error: unknown): InputFault | undefined {
  const { extensions } = error as { extensions?: { code?: unknown; field?: unknown } };
  if (extensions?.code !== 'INVALID') return undefined;
  return { message: messageOf(error), field: typeof extensions.field === 'string' ? extensions.field : null };
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : 'an error without a message';
}

export function unauthenticated(url: string): CliError {
  return new CliError(
    EXIT.unauthenticated,
    `${url} does not accept the token (revoked, expired, or of another control plane): run "cartwright login ${url}", or set CARTWRIGHT_TOKEN`,
  );
}

const AGAIN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);

/** What a request was rejected with. */
export function networkFailure(error: unknown, url: string): CliError {
  // What was being sent failed, not the network.
  if (error instanceof CliError) return error;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  if (code === 'ECONNREFUSED') {
    return new NobodyListens(url, error);
  }
  // A name with several addresses fails with an error for each.
  const [first] = (Array.isArray(errors) ? errors : []) as { message?: unknown }[];
  const why = [message, first?.message].find((text): text is string => typeof text === 'string' && text !== '');
  const text = `${url} cannot be reached: ${why ?? String(error)}`;
  return typeof code === 'string' && AGAIN.has(code)
    ? new ConnectionLost(text, error)
    : new CliError(EXIT.failed, `${text}; check the URL and the network`, { cause: error });
}
