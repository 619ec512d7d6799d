import { expect, test } from '@jest/globals';
import pino from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import { CartwrightError } from '../errors.ts';
import { InMemoryMessaging } from '../testing/messaging.ts';
import { clearingStrays } from './strays.ts';

const told: string[] = [];
const logger = pino({}, { write: (line: string) => void told.push((JSON.parse(line) as { error: string }).error) });

test('the holder clears what is retained of nobody', async () => {
  const messaging = new InMemoryMessaging();
  clearingStrays({ messaging, assertHolder: async () => undefined, logger })('a/status');
  await eventually('it is cleared', () => messaging.cleared.length === 1);
  expect(messaging.cleared).toEqual(['a/status']);
});

test('a control plane that another one has taken over from leaves it alone, and says so', async () => {
  const messaging = new InMemoryMessaging();
  const assertHolder = () => Promise.reject(new CartwrightError('FENCED', 'another one has taken over'));
  clearingStrays({ messaging, assertHolder, logger })('a/status');
  await eventually('it is told', () => told.includes('another one has taken over'));
  expect(messaging.cleared).toEqual([]);
});
