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

/**
 * Codes: GIT_UNREACHABLE, GIT_REF_NOT_FOUND, GIT_HOST_NOT_ALLOWED, GIT_ADDRESS_NOT_ALLOWED, GIT_CREDENTIALS_MISSING,
 * GIT_CREDENTIALS_REFUSED, GIT_HOST_KEY_UNKNOWN, GIT_UNSUPPORTED,
 * GIT_PATH_NOT_FOUND, SOURCE_INVALID, DISK_FULL.
 */
export class SourceError extends CartwrightError {}

/** Codes: ARTIFACT_TOO_LARGE, ARTIFACT_INVALID, ARTIFACT_NOT_FOUND, DISK_FULL. */
export class ArtifactError extends CartwrightError {}

/** Codes: BUILD_FAILED, BUILD_TIMED_OUT, BUILD_TOO_LARGE, BUILD_HOOK_MISSING, BUILD_CANCELLED; in host clusters BUILD_OUT_OF_MEMORY, BUILD_NOT_STARTED, BUILD_LOST. */
export class BuildError extends CartwrightError {}

/** Codes: SECRET_KEY_MISSING, SECRET_DAMAGED, SECRET_REVOKED, SECRET_IN_USE. A message names secrets and never holds a value. */
export class SecretError extends CartwrightError {}

/** The database is locked, gone or full; deciding goes on, acting waits. */
export class StoreUnavailable extends CartwrightError {}

/** Codes: NOT_FOUND, CONFLICT, RIGHTS_MISSING (those of a host cluster's credential), INVALID, FORBIDDEN, UNAUTHENTICATED, NOT_READY, TENANTS_NOT_ISOLATED, QUOTA_EXCEEDED, DISK_LOW, PORTS_EXHAUSTED, CARTRIDGE_MISSING, CARTRIDGE_UNUSABLE, RATE_LIMITED, PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT; of checks of repositories CHECK_REPLACED; of backtests POLICY_NOT_SIMULATED, CONCURRENCY_UNKNOWN, NOTHING_RECORDED, BACKTESTS_FULL. */
export class RequestError extends CartwrightError {}

/**
 * Codes: ADDRESS_UNKNOWN, AGENT_MISSING, DATA_FOLDER_NOT_WRITABLE, DISK_FULL, HOST_CLUSTER_MISSING, HOST_CLUSTER_UNREACHABLE, HOST_CLUSTERS_FULL,
 * IMAGE_MISSING, INSTANCE_CONFLICT, INSTANCE_ID_INVALID, INSTANCE_MISSING, INSTANCE_NOT_STARTED, INSTANCE_PROCESSES_REMAIN, NAMESPACE_TAKEN,
 * POD_SECURITY_FORBIDDEN, PORT_IN_USE, PORT_NOT_PERMITTED, PORT_UNKNOWN, PORTS_EXHAUSTED, PROVIDER_CLOSED, TASKS_NOT_SUPPORTED.
 */
export class ProviderError extends CartwrightError {}

/**
 * Codes: BROKER_PORT_IN_USE, BROKER_LISTEN_FAILED, BROKER_TLS_REQUIRED, MQTT_URL_INVALID, MQTT_CA_FILE_UNREADABLE, MQTT_CA_FILE_INVALID,
 * BROKER_ACCOUNTS_FAILED, MESSAGING_NOT_CONNECTED, MESSAGING_NOT_CONFIRMED, MESSAGING_TOPIC_INVALID, MESSAGING_PAYLOAD_TOO_LARGE.
 */
export class MessagingError extends CartwrightError {}

/**
 * What a host cluster answered, or that it did not. Operators alone see it; it holds no credential. Codes: HOST_CLUSTER_UNREACHABLE,
 * HOST_CLUSTER_TIMEOUT, HOST_CLUSTER_TLS, HOST_CLUSTER_UNAUTHORIZED, HOST_CLUSTER_FORBIDDEN, HOST_CLUSTER_NOT_KUBERNETES,
 * HOST_CLUSTER_CREDENTIAL_COMMAND, HOST_CLUSTER_NOT_IN_CLUSTER, HOST_CLUSTER_BUSY, HOST_CLUSTER_FAILED.
 */
export class HostClusterError extends CartwrightError {}

/**
 * Whether an error's message is meant for whoever asks. Those of the platform's own parts (database, provider, broker) name
 * paths and programs of its machine: they are for the operator's log, and only their code is told.
 */
export function isForCallers(error: unknown): error is CartwrightError {
  return (
    error instanceof RequestError ||
    error instanceof SourceError ||
    error instanceof ArtifactError ||
    error instanceof BuildError ||
    error instanceof SecretError ||
    error instanceof HostClusterError
  );
}

/** What whoever asks is told of such a failure: its code, and where the operator finds the rest. */
export function maskedText(code: string | undefined, correlationId: string): string {
  const what = code === undefined ? 'internal error' : `the platform cannot do this right now (${code})`;
  return `${what}; the control plane's log says more under ${correlationId}`;
}

/**
 * Why an instance or a task was not started, as its tenant sees it: the provider's own words for what it knows, and of what nobody
 * foresaw nothing but where the operator finds it.
 *
 * @param uid under which the log has the error
 */
export function startFailure(error: unknown, uid: string): { readonly code: string; readonly message: string } {
  if (!(error instanceof CartwrightError)) return { code: 'provider-failed', message: maskedText(undefined, uid) };
  const message = isOfTheMachine(error) ? maskedText(error.code, uid) : error.message;
  return { code: error.code.toLowerCase().replaceAll('_', '-'), message };
}

/** Those of a provider whose messages name folders, programs or users of the platform's machine. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  'ADDRESS_UNKNOWN',
  'AGENT_MISSING',
  'DATA_FOLDER_NOT_WRITABLE',
  'DISK_FULL',
  'INSTANCE_NOT_STARTED',
  'INSTANCE_PROCESSES_REMAIN',
  'TENANT_USERS_DAMAGED',
  'TENANT_USERS_EXHAUSTED',
  'TENANT_USERS_NOT_PERMITTED',
  'TENANT_USERS_NOT_USABLE',
]);

/** Whether the message of a failed start is for the operator's log alone, which has to have it then. */
export function isOfTheMachine(error: unknown): boolean {
  if (error instanceof ProviderError) return OF_THE_MACHINE.has(error.code);
  const isOfAPart = error instanceof StoreUnavailable || error instanceof MessagingError;
  return isOfAPart || error instanceof HostClusterError || !(error instanceof CartwrightError);
}
