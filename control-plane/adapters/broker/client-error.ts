/** How the broker ends a connection, and what the end of one means. */
import type { RejectionReason } from './rejections.ts';

/** Return codes of CONNACK (MQTT 3.1.1, table 3.1). */
export const RETURN_CODE = {
  identifierRejected: 2,
  serverUnavailable: 3,
  badCredentials: 4,
  notAuthorised: 5,
} as const;

/** An error that has been counted already; aedes ends the connection for it and answers a CONNECT with the code. */
export class Refused extends Error {
  readonly returnCode: number;

  constructor(reason: RejectionReason, returnCode: number = RETURN_CODE.notAuthorised) {
    super(`refused: ${reason}`);
    this.returnCode = returnCode;
  }
}

/** Messages of aedes for peers that just went away or stopped reading. */
const DEPARTURES = ['connection closed', 'keep alive timeout', 'drain timeout'];

/** What an error of a connection means; `undefined` for those counted already and for peers that just went away. */
export function reasonOfError(error: Error): RejectionReason | undefined {
  // Errors of the network have a code, those of the protocol have none.
  if (error instanceof Refused || 'syscall' in error || 'code' in error) return undefined;
  if (error.message === 'connect did not arrive in time') return 'connect-timeout';
  return DEPARTURES.includes(error.message) ? undefined : 'protocol';
}

/** The promise's value, or the error when it takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
