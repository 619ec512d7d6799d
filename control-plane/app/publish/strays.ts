/**
 * Retained topics that speak of what is not there (any more): the will of an agent that was killed comes after its instance was
 * cleared away, and a broker that was away when something ended still has what that said.
 */
import type { Logger } from 'pino';
import type { Messaging } from '../ports/messaging.ts';

export interface StraysOptions {
  readonly messaging: Messaging;
  /** Rejects when another control plane has taken over: what this one does not know may be that one's. */
  readonly assertHolder: () => Promise<void>;
  readonly logger: Logger;
}

/** Clears such a topic. What fails comes again with the next connect. */
export function clearingStrays({ messaging, assertHolder, logger }: StraysOptions): (topic: string) => void {
  const clear = async (topic: string): Promise<void> => {
    try {
      await assertHolder();
      await messaging.clear(topic);
    } catch (error) {
      logger.info({ topic, error: (error as Error).message }, 'a stray retained topic was not cleared');
    }
  };
  return (topic) => void clear(topic);
}
