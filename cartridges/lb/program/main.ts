/** Entry point: configuration from the environment, signals, exit codes (0 drained, 1 failed, 2 wrong configuration). */
import { Balancer } from './balancer.ts';
import { parseConfig } from './config.ts';
import { logToStderr as log } from './log.ts';

async function main(): Promise<void> {
  const parsed = parseConfig(process.env);
  if (!parsed.ok) {
    for (const problem of parsed.problems) log('error', `environment: ${problem}`);
    process.exitCode = 2;
    return;
  }
  let stopping: Promise<void> | undefined;
  const stop = (why: string): void => {
    stopping ??= end(why);
  };
  const balancer = new Balancer({
    config: parsed.config,
    log,
    writeAccess: (line) => process.stdout.write(line),
    onDrain: () => stop('the agent asked for it'),
  });
  const end = async (why: string): Promise<void> => {
    log('info', 'draining', { why });
    await balancer.close();
    log('info', 'drained');
    process.exit(0);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  const port = await balancer.start();
  log('info', 'listening', { host: parsed.config.listen.host, port });
}

main().catch((error: unknown) => {
  log('error', error instanceof Error ? error.message : String(error));
  process.exit(1);
});
