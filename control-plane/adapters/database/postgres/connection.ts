/** How every connection to PostgreSQL is opened: with limits on the server for each statement, and one here for no answer at all. */
import { checkServerIdentity } from 'node:tls';
import { types } from 'node:util';
import pg from 'pg';
import type { PostgresSettings } from './settings.ts';

/** The server ends a statement that takes longer. */
const STATEMENT_MILLISECONDS = 10_000;
/** Waiting for a row that somebody else is writing: given up sooner, since the write queue tries again. */
const LOCK_MILLISECONDS = 3000;
/**
 * The server ends a session whose transaction waits for its client: a control plane that was stopped in the middle of one must not
 * keep the row that everybody writes behind, or nobody could take over.
 */
const IDLE_IN_TRANSACTION_MILLISECONDS = 5000;
/** No answer: the server is stopped or the network swallows everything. */
const ANSWER_MILLISECONDS = 15_000;
const CONNECT_MILLISECONDS = 5000;

const INT8_OID = 20;
const BYTEA_OID = 17;

/** Whole numbers are numbers (no column holds one above 2^53), and bytes are what SQLite gives, no Buffer. */
function parsers(): pg.TypeOverrides {
  const overrides = new pg.TypeOverrides();
  overrides.setTypeParser(INT8_OID, Number);
  const bytes = pg.types.getTypeParser(BYTEA_OID) as (text: string) => Buffer;
  overrides.setTypeParser(BYTEA_OID, (text) => Uint8Array.from(bytes(text)));
  return overrides;
}

/** `limited: false` is for migrations, which may take their time. */
export function connectionOptions(settings: PostgresSettings, { limited = true } = {}): pg.ClientConfig {
  const { host, port, database, user, password, tls } = settings;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl:
      tls === undefined
        ? false
        : { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate), ...tls },
    application_name: 'cartwright',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    types: parsers(),
    ...(limited && {
      statement_timeout: STATEMENT_MILLISECONDS,
      lock_timeout: LOCK_MILLISECONDS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MILLISECONDS,
      query_timeout: ANSWER_MILLISECONDS,
    }),
  };
}

interface WithStream {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** Statements that can fail only with the connection. */
const WITH_THE_CONNECTION = /^(?:begin|start transaction|rollback)\b/;

/**
 * A connection that is thrown away when it is of no more use, and given back to the pool all the same.
 *
 * One that did not answer in time is cut off: pg would only leave the statement, and the pool would hand out a connection on which
 * every later statement waits in vain, too. And Kysely (0.29) never gives a connection back on which beginning a transaction or
 * rolling it back fails: these are said to have happened (with the connection the transaction is gone), and the next statement
 * fails.
 */
export class CutOffClient extends pg.Client {
  // pg has a dozen overloads; all of them but the one with a callback return a promise.
  override query(...parameters: unknown[]): never {
    const answer: unknown = super.query(...(parameters as [string]));
    return (answer instanceof Promise ? this.#guarded(answer, String(parameters[0])) : answer) as never;
  }

  async #guarded(answer: Promise<unknown>, text: string): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      const isOver = WITH_THE_CONNECTION.test(text);
      if (isOver || isUnanswered(error)) (this as unknown as WithStream).connection.stream.destroy();
      if (!isOver) throw error;
      return { command: '', rowCount: 0, rows: [] };
    }
  }
}

/** What pg says when an answer did not come within `query_timeout`. */
export function isUnanswered(error: unknown): boolean {
  return types.isNativeError(error) && error.message === 'Query read timeout';
}
