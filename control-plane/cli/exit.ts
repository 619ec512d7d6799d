/** How a command ends: exit codes, and the error that carries one. */

/** Documented in docs/cli.md; programs depend on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unauthenticated: 3,
  notFound: 4,
  timedOut: 124,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An expected failure: the message says what happened and what to do, and is all that the person sees. */
export class CliError extends Error {
  readonly exit: ExitCode;

  constructor(exit: ExitCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exit = exit;
  }
}

/** The command line does not make sense. */
export function usage(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

export function notFound(message: string): CliError {
  return new CliError(EXIT.notFound, message);
}
