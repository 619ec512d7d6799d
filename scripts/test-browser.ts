/**
 * `npm run test:browser`: the console in a real browser against a real control plane with real instances. Needs Debian's chromium, or
 * another one that `CARTWRIGHT_TEST_CHROMIUM` names. Arguments go on to Jest. Screenshots of each view are left in
 * `CARTWRIGHT_TEST_SCREENSHOTS`, a folder of the machine's temporary one if absent.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const chromium = process.env.CARTWRIGHT_TEST_CHROMIUM ?? '/usr/bin/chromium';
const screenshots = process.env.CARTWRIGHT_TEST_SCREENSHOTS ?? join(tmpdir(), 'cartwright-screenshots');

if (!existsSync(chromium)) {
  console.error(
    `test:browser needs a Chromium, and there is none at ${chromium}; install it (apt-get install chromium), or name one by CARTWRIGHT_TEST_CHROMIUM`,
  );
  process.exit(1);
}

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    // One browser and one control plane at a time: what a page takes is measured by waiting people, not by a full machine.
    '--maxWorkers=1',
    ...process.argv.slice(2),
    '--testMatch=**/*.browser-test.ts',
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CARTWRIGHT_TEST_CHROMIUM: chromium, CARTWRIGHT_TEST_SCREENSHOTS: screenshots },
  },
);
console.log(`screenshots: ${screenshots}`);
process.exitCode = status ?? 1;
