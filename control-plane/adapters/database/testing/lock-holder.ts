/** A process that locks the data folder named by its argument, says so, and stays. */
import { lockDataFolder } from '../data-folder-lock.ts';

try {
  await lockDataFolder(process.argv[2] ?? '');
  process.stdout.write('locked\n');
  // Until the test's process ends or kills it.
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
