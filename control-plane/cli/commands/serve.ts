/** `cartwright serve`: the control plane in the foreground. Ends on SIGTERM or SIGINT and leaves every instance running. */
import { join } from 'node:path';
import { inOneLine } from './in-one-line.ts';
import pino from 'pino';
import { readConfig } from '../../config.ts';
import { startControlPlane } from '../../main.ts';
import { EXIT } from '../exit.ts';
import { contextsFile, saveContext } from '../contexts.ts';

export interface ServeOptions {
  readonly data?: string;
}

const CONTEXT = 'local';

export async function run(options: ServeOptions): Promise<number> {
  return inOneLine(async () => start(options));
}

async function start(options: ServeOptions): Promise<number> {
  const config = readConfig({
    ...process.env,
    ...(options.data === undefined ? {} : { CARTWRIGHT_DATA: options.data }),
  });
  const logger = pino({
    level: config.logLevel,
    base: undefined,
    serializers: { error: pino.stdSerializers.err },
    redact: ['token', 'password', '*.token', '*.password'],
  });
  const interrupted = new AbortController();
  const ended = new Promise<'ended'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        interrupted.abort();
        resolve('ended');
      });
    }
  });
  const controlPlane = await unlessInterrupted(
    interrupted.signal,
    startControlPlane({
      config,
      packageDirectory: join(import.meta.dirname, '../../../..'),
      logger,
      signal: interrupted.signal,
      onAdminToken: async (url, token) => {
        await saveContext(CONTEXT, { url, token });
        logger.info({ file: contextsFile() }, 'the operator’s token was made; it stands in this file and nowhere else');
      },
    }),
  );
  if (controlPlane === undefined) return EXIT.ok;
  const end = await Promise.race([ended, controlPlane.lost]);
  if (end !== 'ended') {
    // At once, and not in order: whatever is still under way here belongs to the other one now. Instances go on.
    logger.fatal({ code: end.code }, end.message);
    process.exit(EXIT.failed);
  }
  logger.info('stopping; instances go on');
  await controlPlane.close();
  return 0;
}

/** `undefined` when it was asked to end while it was waiting for the lease. */
async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}
