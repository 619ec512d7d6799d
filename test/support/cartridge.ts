/** A cartridge as it is used, without a control plane: built, packed, unpacked, started, asked, ended. No network. */
import { spawn, type ChildProcess } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createArtifactStore } from '../../control-plane/adapters/artifacts/store.ts';
import { createBuilder, type BuilderOptions } from '../../control-plane/adapters/builder/builder.ts';
import type { BuildRequest } from '../../control-plane/app/ports/artifacts.ts';
import { newUid } from '../../schema/ids.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-ports.ts';
import { ROOT } from './root.ts';

export const CARTRIDGES = join(ROOT, 'cartridges');
/** Nobody listens there: whatever needs the network fails at once. */
const NO_NETWORK = {
  npm_config_registry: 'http://127.0.0.1:1/',
  npm_config_fetch_retries: '0',
  PIP_INDEX_URL: 'http://127.0.0.1:1/',
  PIP_RETRIES: '0',
};

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  /** Both streams. */
  readonly output: () => string;
}

export class CartridgeTrial implements AsyncDisposable {
  /** Removed at the end. */
  readonly root: string;
  /** The source's folder, which is also where it is built; not there at first. */
  readonly source: string;
  readonly #cartridge: string;
  readonly #started: ChildProcess[] = [];

  private constructor(cartridge: string, root: string) {
    this.#cartridge = cartridge;
    this.root = root;
    this.source = join(root, 'source');
  }

  static async create(cartridge: string): Promise<CartridgeTrial> {
    return new CartridgeTrial(cartridge, await mkdtemp(join(tmpdir(), 'cartridge-')));
  }

  /** Makes the source a copy of the cartridge's sample. */
  async takeSample(): Promise<void> {
    await rm(this.source, { recursive: true, force: true });
    await cp(join(CARTRIDGES, this.#cartridge, 'sample'), this.source, { recursive: true });
  }

  /** Puts files into the source, by their paths in it. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.source, name)), { recursive: true });
      await writeFile(join(this.source, name), content);
    }
  }

  /** A search path with these programs of the machine, as far as it has them, and no others. Once a trial. */
  async searchPathWith(programs: readonly string[]): Promise<string> {
    const folder = join(this.root, 'programs');
    await mkdir(folder);
    for (const name of programs)
      for (const directory of ['/usr/bin', '/bin'])
        await access(join(directory, name))
          .then(() => symlink(join(directory, name), join(folder, name)))
          .catch(() => undefined);
    return folder;
  }

  /** Runs the cartridge's hook `build` in the source's folder; the lines that it prints. Throws `BuildError`. */
  async build(request: Partial<BuildRequest> = {}, options: BuilderOptions = {}): Promise<string[]> {
    const lines: string[] = [];
    await mkdir(join(this.root, 'cache'), { recursive: true });
    await createBuilder({ environment: NO_NETWORK, ...options }).run(
      {
        tenant: 'default',
        build: newUid(),
        directory: this.source,
        cartridgeDirectory: join(CARTRIDGES, this.#cartridge),
        hook: 'hooks/build',
        environment: { NODE_ENV: 'production' },
        start: undefined,
        cacheDirectory: join(this.root, 'cache'),
        timeoutSeconds: 60,
        maximumBytes: 100_000_000,
        ...request,
      },
      (line) => lines.push(line),
      new AbortController().signal,
    );
    return lines;
  }

  /** The artifact of the source's folder as it is now: its digest, and a folder with what an instance gets of it. */
  async pack(): Promise<{ readonly digest: string; readonly tree: string }> {
    const store = await createArtifactStore({ directory: join(this.root, 'store') });
    const { digest } = await store.pack(this.source);
    const tree = await mkdtemp(join(this.root, 'tree-'));
    await store.unpack(digest, tree, 100_000_000);
    return { digest, tree };
  }

  /** Runs the hook `start` in a folder, on a free port. */
  async start(cwd: string, environment: Record<string, string> = {}): Promise<Started> {
    const port = await freePort();
    const child = spawn(join(CARTRIDGES, this.#cartridge, 'hooks/start'), [], {
      cwd,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        HOME: this.root,
        PORT: String(port),
        HOST: '127.0.0.1',
        CARTWRIGHT_INSTANCE: 'i1',
        ...environment,
      },
    });
    this.#started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, url: `http://127.0.0.1:${port}`, output: () => output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The status and the fields of a JSON answer. */
export async function json(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  return { status: response.status, ...((await response.json()) as object) };
}

/** Waits for the end of a process and of its output; its exit code, or the signal that ended it. */
export async function ended(child: ChildProcess): Promise<number | NodeJS.Signals | undefined> {
  await eventually('the end of the process', () => child.exitCode !== null || child.signalCode !== null, 10_000);
  await eventually('the end of its output', () => child.stdout?.closed && child.stderr?.closed);
  return child.exitCode ?? child.signalCode ?? undefined;
}
