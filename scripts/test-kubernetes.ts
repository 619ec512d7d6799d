/**
 * `npm run test:kubernetes [-- PATH… --all]`: the tests named `*.kubernetes-test.ts`, on a real cluster and with a real image registry
 * (`test/kubernetes/environment.ts` says which). `--all` runs what takes long, too. Other arguments go on to Jest.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { whyNoCluster, withCluster } from '../test/kubernetes/environment.ts';

const root = join(import.meta.dirname, '..');
const isAll = process.argv.includes('--all');
const args = process.argv.slice(2).filter((argument) => argument !== '--all');

function test(environment: NodeJS.ProcessEnv): number {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=1',
      ...args,
      // Last: Jest takes what follows it for further patterns.
      '--testMatch=**/*.kubernetes-test.ts',
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...(isAll ? { CARTWRIGHT_TEST_ALL: '1' } : {}), ...environment },
    },
  );
  return status ?? 1;
}

const why = whyNoCluster();
if (why !== null) console.error(`test:kubernetes: ${why}`);
process.exitCode = why === null ? await withCluster(test) : 1;
