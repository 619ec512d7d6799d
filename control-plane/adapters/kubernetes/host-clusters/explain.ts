/** What went wrong with a request to an API server, as an error that names the host, the cause and what to do. */
import { ApiException } from '@kubernetes/client-node';
import { HostClusterError } from '../../../app/errors.ts';

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  ENOTFOUND: 'its name cannot be looked up',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  EADDRNOTAVAIL: 'there is no route to it',
};
const TIMEOUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the server’s certificate has expired',
  CERT_NOT_YET_VALID: 'the server’s certificate is not good yet; compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server’s certificate is for another name; use that name, or set tls-server-name',
};
/** OpenSSL's codes for a chain that leads to no authority that was given. */
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|ERR_TLS_)/;
const MOST = 500;

/**
 * @param server as the credential has it; it is named in each message
 * @returns the error itself if it is a `HostClusterError` already
 */
export function explain(error: unknown, server: string): HostClusterError {
  if (error instanceof HostClusterError) return error;
  if (error instanceof ApiException) return explainStatus(error as ApiException<unknown>, server);
  const failure = (code: string, why: string): HostClusterError =>
    new HostClusterError(`HOST_CLUSTER_${code}`, `${server}: ${why}`, { cause: error });
  for (const { name, code, message } of causesOf(error)) {
    if (name === 'TimeoutError' || TIMEOUT.has(code)) return failure('TIMEOUT', 'it did not answer in time');
    if (code in UNREACHABLE) return failure('UNREACHABLE', UNREACHABLE[code]!);
    if (code in TLS) return failure('TLS', TLS[code]!);
    if (UNTRUSTED.test(code))
      return failure(
        'TLS',
        `the server’s certificate is of no authority that the credential names (${code}); give the cluster’s own in certificate-authority-data`,
      );
    // The server's word on ours: https://www.rfc-editor.org/rfc/rfc8446#section-6
    if (/ALERT_|ERR_SSL_SSLV3/.test(code))
      return failure('UNAUTHORIZED', `it refused the client certificate (${code})`);
    if (/^ERR_SSL_|^EPROTO$|^HPE_/.test(code))
      return failure('NOT_KUBERNETES', `what listens there does not speak HTTPS (${code})`);
    if (name === 'SyntaxError' || /^Cannot parse content|^The mediaType|JSON/i.test(message))
      return failure('NOT_KUBERNETES', 'what answers there is no API server of Kubernetes');
  }
  return failure(
    'FAILED',
    bounded(
      causesOf(error)
        .map(({ message }) => message)
        .join(': ') || String(error),
    ),
  );
}

function explainStatus({ code, body }: ApiException<unknown>, server: string): HostClusterError {
  const status = statusOf(body);
  const failure = (kind: string, why: string): HostClusterError =>
    new HostClusterError(`HOST_CLUSTER_${kind}`, `${server}: ${why}`);
  if (code === 401)
    return failure(
      'UNAUTHORIZED',
      'it does not accept the credential (401); it may have expired or been revoked: rotate it',
    );
  if (status === undefined)
    return failure('NOT_KUBERNETES', `what answers there is no API server of Kubernetes (HTTP ${code})`);
  if (code === 403) return failure('FORBIDDEN', `it refuses (403): ${bounded(status)}`);
  if (code === 429) return failure('BUSY', 'it has too much to do (429)');
  return failure('FAILED', `HTTP ${code}: ${bounded(status)}`);
}

/** The message of a `Status` object, which API servers answer with whatever goes wrong. */
function statusOf(body: unknown): string | undefined {
  const value = typeof body === 'string' ? parsed(body) : body;
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'Status') return undefined;
  return 'message' in value && typeof value.message === 'string' ? value.message : 'no reason given';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Cause {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** The error and what caused it, the outermost first. */
function causesOf(error: unknown): Cause[] {
  const found: Cause[] = [];
  for (let at = error; typeof at === 'object' && at !== null && found.length < 10; at = next(at)) {
    const { name, code, message } = at as NodeJS.ErrnoException;
    found.push({ name: String(name), code: typeof code === 'string' ? code : '', message: String(message) });
  }
  return found;
}

/** Of several addresses that were tried, the first one's error stands for all. */
function next(error: { cause?: unknown; errors?: unknown }): unknown {
  return error.cause ?? (Array.isArray(error.errors) ? error.errors[0] : undefined);
}

function bounded(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}
