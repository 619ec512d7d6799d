/** Why something did not work: a registered code and a sentence for the person who runs the application. */
import type { Reason } from '../../schema/mqtt/status.ts';

/** The codes that the agent gives; docs/agent.md says what to do about each. */
export const FAULT_CODES = [
  'no-start-command',
  'start-command-not-found',
  'listens-elsewhere',
  'port-taken',
  'not-ready-in-time',
  'crash-loop',
  'unhealthy',
  'out-of-memory',
  'hook-failed',
  'artifact-fetch-failed',
  'artifact-digest-mismatch',
  'artifact-invalid',
  'artifact-too-large',
  'artifact-disk-full',
  'artifact-unsupported',
  'configuration-fetch-failed',
  'configuration-invalid',
  'secrets-fetch-failed',
  'secrets-invalid',
  'metadata-fetch-failed',
  'release-changed',
  'build-hook-missing',
  'build-too-large',
  'build-result-refused',
  'agent-failed',
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

/** Codes of reasons that explain a state and are no fault. */
export type NoteCode = 'waiting-for-release' | 'exited' | 'switching' | 'restarting' | 'draining' | 'stopping';

const MAX_MESSAGE_CHARACTERS = 1900;

/** At most what a reason may hold. The end of a long message is its most recent part, so the middle is cut out. */
export function bounded(message: string): string {
  if (message.length <= MAX_MESSAGE_CHARACTERS) return message;
  const half = MAX_MESSAGE_CHARACTERS / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

export class Fault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }
}

export function note(code: NoteCode, message: string): Reason {
  return { code, message: bounded(message) };
}

/** The reason of any error; what is no {@link Fault} is a defect or the machine's, and says so. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof Fault) return { code: error.code, message: bounded(error.message) };
  return { code: 'agent-failed', message: bounded(error instanceof Error ? error.message : String(error)) };
}
