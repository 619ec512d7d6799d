/** Where the agents of one-off tasks in pods bring what those print, and what became of them (schema/agent/task.ts). */
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import {
  MOST_OUTPUT_BYTES_AT_ONCE,
  MOST_RESULT_BYTES,
  taskResult,
  type TaskResult,
} from '../../../schema/agent/task.ts';
import { RequestError } from '../../app/errors.ts';
import type { TaskInbox } from '../../app/ports/tasks.ts';
import { readBytes } from './read-bytes.ts';

export interface TaskRoutesOptions {
  /** `task` or `build`. */
  readonly path: string;
  readonly inbox: TaskInbox;
  /** Uid of the task that runs with this token; `undefined` where there is none. Throws `RequestError`. */
  readonly taskOf: (token: string) => Promise<string | undefined>;
  readonly logger: Pick<Logger, 'error'>;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;
const PLACE = /^\d{1,12}$/;
const WITHIN_MILLISECONDS = 30_000;
const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  NOT_READY: 503,
};

/** To be mounted at the path of the instance endpoints. */
export function taskRoutes(options: TaskRoutesOptions): Router {
  const { inbox, logger, path: root } = options;
  const router = Router();
  const route = (path: string, take: (task: string, request: Request) => Promise<object>): void => {
    router.put(path, async (request, response) => {
      try {
        response.set('Cache-Control', 'no-store').json(await take(await identify(options, request), request));
      } catch (error) {
        refuse(response, error, logger);
      }
    });
    router.all(path, (_request, response) => {
      response.set('Allow', 'PUT').status(405).json(body('METHOD_NOT_ALLOWED', 'send it with PUT'));
    });
  };
  route(`/${root}/output/:stream`, async (task, request) => {
    const { stream } = request.params;
    const { from } = request.query;
    if (stream !== 'stdout' && stream !== 'stderr') throw new RequestError('INVALID', 'expected stdout or stderr');
    if (typeof from !== 'string' || !PLACE.test(from)) throw new RequestError('INVALID', 'from: expected a number');
    const bytes = await readBytes(request, { bytes: MOST_OUTPUT_BYTES_AT_ONCE, milliseconds: WITHIN_MILLISECONDS });
    return { size: await inbox.append(task, stream, Number(from), bytes) };
  });
  route(`/${root}/result`, async (task, request) => {
    const bytes = await readBytes(request, { bytes: MOST_RESULT_BYTES, milliseconds: WITHIN_MILLISECONDS });
    const result = parse(bytes);
    if (result?.task !== task) throw new RequestError('INVALID', 'expected the result of this task, version 1');
    await inbox.finish(task, result);
    return {};
  });
  return router;
}

async function identify({ taskOf }: TaskRoutesOptions, request: Request): Promise<string> {
  const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const task = token === undefined ? undefined : await taskOf(token);
  if (task === undefined)
    throw new RequestError('UNAUTHENTICATED', 'send the token of a task that runs as "Authorization: Bearer TOKEN"');
  return task;
}

function parse(bytes: Buffer): TaskResult | undefined {
  try {
    return taskResult.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    // Refused with what was expected.
    return undefined;
  }
}

function refuse(response: Response, error: unknown, logger: Pick<Logger, 'error'>): void {
  if (response.destroyed) return;
  if (error instanceof RequestError) {
    response.status(STATUS[error.code] ?? 400).json(body(error.code, error.message));
    return;
  }
  logger.error({ err: error }, 'what a task brought was not taken');
  const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
  response.status(isFull ? 507 : 500).json(body(isFull ? 'DISK_FULL' : 'INTERNAL', 'not now; bring it again'));
}

function body(code: string, message: string): { readonly error: { readonly code: string; readonly message: string } } {
  return { error: { code, message } };
}
