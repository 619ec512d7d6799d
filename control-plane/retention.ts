import type { Logger } from 'pino';
import type { DatabaseStore } from './adapters/database/store.ts';
import type { SegmentLog } from './adapters/logs/segment-log.ts';

const FIRST_RETENTION_MILLISECONDS = 60_000;
const RETENTION_MILLISECONDS = 3_600_000;

/** Removes what is older than its time: soon after the start, so that a program that is often started does it, too, and hourly. */
export function keepRetention(
  store: DatabaseStore,
  logs: SegmentLog,
  logger: Logger,
  now: () => number,
): { close(): Promise<void> } {
  let pruning: Promise<unknown> = Promise.resolve();
  const prune = (): void => {
    pruning = Promise.all([store.prune(now()), logs.prune(now())]).catch((error: unknown) =>
      logger.error({ error }, 'old records could not be removed; it is tried again in an hour'),
    );
  };
  const first = setTimeout(prune, FIRST_RETENTION_MILLISECONDS);
  const timer = setInterval(prune, RETENTION_MILLISECONDS);
  return {
    async close() {
      clearTimeout(first);
      clearInterval(timer);
      await pruning;
    },
  };
}
