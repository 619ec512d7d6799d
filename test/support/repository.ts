/** A real Git repository with a small application: by default of the nodejs cartridge, without dependencies. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * An application that answers with its version; it ends in order on SIGTERM. It takes its time, so that a steady load has requests
 * in flight at each moment, and few of them a second.
 */
export const WORKING = (version: string): string => `
const server = require('node:http').createServer((request, response) => {
  setTimeout(() => response.end(${JSON.stringify(version)}), 50);
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
export const CRASHING = `console.error('cannot find the till'); process.exit(7);`;

export class Repository {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static create(directory: string, program: string): Promise<Repository> {
    return Repository.of(directory, {
      'package.json': JSON.stringify({
        ...{ name: 'app', version: '1.0.0', private: true },
        scripts: { start: 'node server.js' },
      }),
      'package-lock.json': JSON.stringify({
        name: 'app',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: { '': { name: 'app', version: '1.0.0' } },
      }),
      'server.js': program,
    });
  }

  /** One with these files, by their paths, in its first commit. What begins as a script does is executable. */
  static async of(directory: string, files: Readonly<Record<string, string>>): Promise<Repository> {
    await mkdir(directory, { recursive: true });
    const repository = new Repository(directory);
    await repository.#git('init', '--quiet', '--initial-branch=main');
    await repository.commit(files, 'first');
    return repository;
  }

  get url(): string {
    return `file://${this.directory}`;
  }

  /** `change`: a program of Node.js, or files by their paths; others stay as they are. */
  async commit(change: string | Readonly<Record<string, string>>, message: string): Promise<void> {
    for (const [path, text] of Object.entries(typeof change === 'string' ? { 'server.js': change } : change)) {
      await mkdir(dirname(join(this.directory, path)), { recursive: true });
      await writeFile(join(this.directory, path), text, text.startsWith('#!') ? { mode: 0o755 } : {});
    }
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--message', message);
  }

  /** Another branch, at the present commit. */
  branch(name: string): Promise<void> {
    return this.#git('branch', name);
  }

  async #git(...args: string[]): Promise<void> {
    await run(
      'git',
      ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false', ...args],
      { cwd: this.directory },
    );
  }
}
