/** Who may reach what of the machine, where the control plane is root and tenants are users of their own. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProviderError } from '../../app/errors.ts';

const run = promisify(execFile);

/** Folders of the data folder that hold what tenants' programs reach: passed through by name, and not to be listed. */
const PASSAGES = [
  'cartridges',
  'instances',
  'volumes',
  'tasks',
  'tasks/instances',
  'builds',
  'builds/scratch',
  'builds/cache',
];
const PASSAGE_MODE = 0o711;

/**
 * Opens the way to the tenants' own folders and closes everything else of the data folder. What is written later is closed by
 * the process's umask.
 */
export async function closeToOthers(dataDirectory: string): Promise<void> {
  for (const entry of await readdir(dataDirectory, { withFileTypes: true })) {
    // Those that instances go through now are not closed for a moment, either.
    if (PASSAGES.includes(entry.name)) continue;
    if (entry.isDirectory()) await chmod(join(dataDirectory, entry.name), 0o700);
    else if (entry.isFile()) await chmod(join(dataDirectory, entry.name), 0o600);
  }
  for (const passage of PASSAGES) {
    await mkdir(join(dataDirectory, passage), { recursive: true });
    await chmod(join(dataDirectory, passage), PASSAGE_MODE);
  }
  await chmod(dataDirectory, PASSAGE_MODE);
}

const PROBE = `const fs = require('node:fs');
for (const path of process.argv.slice(1)) {
  const { R_OK, X_OK } = fs.constants;
  fs.accessSync(path, fs.statSync(path).isDirectory() ? X_OK : R_OK);
}`;

/**
 * Tries, as that user, to run Node, to read the files and to pass through the folders. Throws `ProviderError` TENANT_USERS_NOT_USABLE that names what was
 * out of reach.
 */
export async function checkReach(user: number, nodeProgram: string, paths: readonly string[]): Promise<void> {
  try {
    await run(nodeProgram, ['-e', PROBE, ...paths], { uid: user, gid: user, cwd: '/', env: {} });
  } catch (error) {
    const { stderr = '', code, message } = error as Error & { stderr?: string; code?: unknown };
    const path = /permission denied, \w+ '(.*)'/.exec(stderr)?.[1] ?? (code === 'EACCES' ? nodeProgram : undefined);
    throw new ProviderError(
      'TENANT_USERS_NOT_USABLE',
      path === undefined
        ? `no process can be started as user ${user}: ${message.slice(0, 500)}`
        : `${path} is out of reach for the users of tenants (tried as user ${user}); install the package, and choose a data folder, where every folder on the way lets others pass, such as /usr/local and /var/lib/cartwright`,
      { cause: error },
    );
  }
}

/**
 * Removes a tree that another user may be changing meanwhile: coreutils' rm goes by open folders and follows no link that is
 * put in their place, which Node's own cannot.
 */
export async function removeTree(path: string): Promise<void> {
  if (process.getuid?.() === 0) await run('rm', ['-rf', '--', path]);
  else await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
