/**
 * `cartwright serve` with fault points. Its parent says over the channel where it is killed, and hears of every point that it
 * reaches: `{"plan": PLAN or null}` in, `{"reached": POINT}` and `{"planned": true}` out. `CARTWRIGHT_CRASH_PLAN` is the plan for its start.
 */
import { join, resolve } from 'node:path';
import type { ControlPlane } from '../../../control-plane/main.ts';
import { watchDisk } from './disk.ts';
import { FaultPoints, type Plan } from './fault-points.ts';
import { aroundPorts } from './ports.ts';

const points = new FaultPoints(
  (reached) => void process.send?.({ reached }),
  () => process.kill(process.pid, 'SIGKILL'),
);
const { CARTWRIGHT_CRASH_PLAN: first, CARTWRIGHT_DATA: data = '' } = process.env;
if (first !== undefined) points.plan(JSON.parse(first) as Plan);
process.on('message', ({ plan }: { plan: Plan | null }) => {
  points.plan(plan);
  process.send?.({ planned: true });
});
// A parent that is gone leaves nothing behind.
process.on('disconnect', () => process.exit(0));
watchDisk(resolve(data), points);

// Only now: they take the functions that write as they are when they are loaded.
const [{ default: pino }, { readConfig }, { startControlPlane }, { saveContext }] = await Promise.all([
  import('pino'),
  import('../../../control-plane/config.ts'),
  import('../../../control-plane/main.ts'),
  import('../../../control-plane/cli/contexts.ts'),
]);

const ended = new Promise((resolve) => process.once('SIGTERM', resolve));
const controlPlane: ControlPlane = await startControlPlane({
  config: readConfig(process.env),
  packageDirectory: join(import.meta.dirname, '../../../..'),
  logger: pino({ level: 'info', base: undefined }),
  onAdminToken: (url, token) => points.async('hand over the token', () => saveContext('local', { url, token })),
  signal: new AbortController().signal,
  around: aroundPorts(points),
});
await ended;
await controlPlane.close();
process.exit(0);
