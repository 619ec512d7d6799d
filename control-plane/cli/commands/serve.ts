/** `cartwright serve`: the control plane in the foreground. Ends on SIGTERM or SIGINT and leaves every instance running. */
import { join } from 'node:path';
import { inOneLine } from './in-one-line.ts';
import pino from 'pino';
import { readConfig } from '../../config.ts';
import { startControlPlane } from '../../main.ts';
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
    redact: ['token', 'password', '*.token', '*.password'],
  });
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const controlPlane = await startControlPlane({
    config,
    packageDirectory: join(import.meta.dirname, '../../../..'),
    logger,
    onAdminToken: async (url, token) => {
      await saveContext(CONTEXT, { url, token });
      logger.info({ file: contextsFile() }, 'the operator’s token was made; it stands in this file and nowhere else');
    },
  });
  await ended;
  logger.info('stopping; instances go on');
  await controlPlane.close();
  return 0;
}
