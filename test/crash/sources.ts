/** What a tenant deploys in these tests: a page that says its version, from a real repository or as an uploaded tree. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { create } from 'tar';

const run = promisify(execFile);
const GIT = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];

export class Sources {
  readonly #directory: string;

  /** `repositories`: a folder that the control plane may read repositories of. */
  constructor(repositories: string) {
    this.#directory = join(repositories, 'shop');
  }

  get url(): string {
    return `file://${this.#directory}`;
  }

  async commit(version: string): Promise<void> {
    const isNew = (await mkdir(this.#directory, { recursive: true })) !== undefined;
    if (isNew) await this.#git('init', '--quiet', '--initial-branch=main');
    await writeFile(join(this.#directory, 'index.html'), version);
    await this.#git('add', '--all');
    await this.#git('commit', '--quiet', '--allow-empty', '--message', version);
  }

  /** The tree as an archive. */
  async archive(version: string): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), 'cartwright-source-'));
    try {
      await mkdir(join(folder, 'tree'));
      await writeFile(join(folder, 'tree/index.html'), version);
      await create(
        { gzip: true, portable: true, mtime: new Date(0), cwd: join(folder, 'tree'), file: join(folder, 'archive') },
        ['.'],
      );
      return await readFile(join(folder, 'archive'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #git(...args: string[]): Promise<void> {
    await run('git', [...GIT, ...args], { cwd: this.#directory });
  }
}
