/** What the control plane, or the way to it, refused: with a code for programs and a sentence for people. */

/** The console asks for something that this control plane does not know, or the reverse: they are of different versions. */
const OTHER_VERSION_CODES = new Set(['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED', 'BAD_USER_INPUT']);

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  /** Path of the input's field that is at fault, if it is one. */
  readonly field: string | null;

  constructor(code: string, message: string, field: string | null = null) {
    super(message);
    this.code = code;
    this.field = field;
  }

  /** Of a GraphQL error, an `Error`, or whatever a websocket gives. */
  static of(error: unknown): Refused {
    if (error instanceof Refused) return error;
    const { message, extensions, reason } = (error ?? {}) as {
      message?: unknown;
      reason?: unknown;
      extensions?: { code?: unknown; field?: unknown };
    };
    const code = typeof extensions?.code === 'string' ? extensions.code : 'UNREACHABLE';
    const said = [message, reason].find((text): text is string => typeof text === 'string' && text !== '');
    if (OTHER_VERSION_CODES.has(code)) {
      return new Refused(
        'OTHER_VERSION',
        `this page and the control plane are of different versions: reload the page (${said ?? code})`,
      );
    }
    const field = typeof extensions?.field === 'string' ? extensions.field : null;
    return new Refused(code, said ?? 'the control plane was not reached; it is tried again', field);
  }
}
