/**
 * `npm run test:external`: the tests against programs of other people, started by the tests themselves. What is not installed
 * is told, and fails: a test that did not run has not passed. Arguments go on to Jest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** What the tests start, and the Debian package that brings it. */
const PROGRAMS = [
  { program: 'mosquitto', package: 'mosquitto' },
  { program: 'sshd', package: 'openssh-server' },
  { program: 'initdb', package: 'postgresql' },
  { program: 'pg_ctl', package: 'postgresql' },
  { program: 'python3', package: 'python3 python3-pip' },
  { program: /^php-fpm[0-9.]*$/, package: 'php-fpm' },
  { program: 'nginx', package: 'nginx' },
  { program: 'zsh', package: 'zsh' },
  { program: 'composer', package: 'composer' },
  { program: 'java', package: 'default-jre-headless tomcat10' },
] as const;

/** Debian keeps servers where an ordinary user's PATH does not look, and PostgreSQL's by version. */
function searchPath(): string[] {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  return [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    ...found.map((version) => join(versions, version, 'bin')),
  ];
}

const path = searchPath();
const isIn = (folder: string, program: string | RegExp): boolean =>
  typeof program === 'string'
    ? existsSync(join(folder, program))
    : existsSync(folder) && readdirSync(folder).some((name) => program.test(name));
const missing = PROGRAMS.filter(({ program }) => !path.some((folder) => isIn(folder, program)));
if (missing.length > 0) {
  const packages = [...new Set(missing.map((entry) => entry.package))].join(' ');
  const programs = missing.map(({ program }) => (typeof program === 'string' ? program : 'php-fpm')).join(', ');
  console.error(`test:external needs ${programs}, not found on this machine; install it: apt-get install ${packages}`);
  process.exit(1);
}

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...process.argv.slice(2),
    // Last: Jest takes what follows it for further patterns.
    '--testMatch=**/*.external-test.ts',
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path.join(delimiter) } },
);
process.exitCode = status ?? 1;
