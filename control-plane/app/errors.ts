/** Errors that reach a person: a stable code, what happened to which thing, and what to do. */

export class CartwrightError extends Error {
  /** Stable, upper case with underscores; part of the API. */
  readonly code: string;
  /** Path of the offending field or argument, where there is one. */
  readonly field: string | undefined;

  constructor(code: string, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.field = options.field;
  }
}

/** Codes: GIT_UNREACHABLE, GIT_REF_NOT_FOUND, GIT_HOST_NOT_ALLOWED, GIT_UNSUPPORTED, GIT_PATH_NOT_FOUND, SOURCE_INVALID. */
export class SourceError extends CartwrightError {}

/** Codes: ARTIFACT_TOO_LARGE, ARTIFACT_INVALID, ARTIFACT_NOT_FOUND, DISK_FULL. */
export class ArtifactError extends CartwrightError {}

/** Codes: BUILD_FAILED, BUILD_TIMED_OUT, BUILD_TOO_LARGE, BUILD_HOOK_MISSING. */
export class BuildError extends CartwrightError {}

/** The database is locked, gone or full; deciding goes on, acting waits. */
export class StoreUnavailable extends CartwrightError {}

/** Codes: NOT_FOUND, CONFLICT, INVALID, FORBIDDEN, UNAUTHENTICATED, NOT_READY. */
export class RequestError extends CartwrightError {}
