/** The hook `build` of a cartridge on a source that is fetched; its tree is brought back. Nothing of the platform's is in the hook's environment. */
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { create } from 'tar/create';
import { BUILD_PATH, mostArchiveBytes, type BuildDocument } from '../../schema/agent/build.ts';
import { downloadArchive } from '../artifacts/download.ts';
import { HttpError, httpPutFile } from '../artifacts/http.ts';
import { unpack } from '../artifacts/unpack.ts';
import { readToken, type AgentConfiguration } from '../config/instance.ts';
import { Fault } from '../lifecycle/faults.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import type { Layout } from '../storage/layout.ts';
import { patiently } from '../task/patiently.ts';
import type { PreparedWork, TaskWork } from '../task/work.ts';

/** What the control plane may mend by coming back. */
const PASSING = ['artifact-fetch-failed'];

export interface BuildWorkOptions {
  readonly configuration: AgentConfiguration;
  readonly build: BuildDocument;
  readonly log: AgentLog;
  /** Search path that the hook gets. */
  readonly path: string;
}

export class BuildWork implements TaskWork {
  readonly timeoutSeconds: number;
  readonly #options: BuildWorkOptions;

  constructor(options: BuildWorkOptions) {
    this.#options = options;
    this.timeoutSeconds = options.build.timeoutSeconds;
  }

  async prepare(layout: Layout, signal: AbortSignal): Promise<PreparedWork> {
    const { build, configuration, log, path } = this.#options;
    const { document } = configuration;
    const { directory } = document.cartridge;
    const program = resolve(directory, build.hook);
    if (!program.startsWith(resolve(directory) + sep))
      throw new Fault('build-hook-missing', `the build hook ${build.hook} lies outside the cartridge's folder`);
    const archive = join(layout.downloads, build.source.digest);
    await patiently({ passing: PASSING, log, signal }, () =>
      downloadArchive({ slot: 'default', ...build.source, urls: [this.#url('source')] }, archive, {
        token: () => readToken(document.tokenFile),
        signal,
      }),
    );
    const tree = treeOf(layout);
    await rm(tree, { recursive: true, force: true });
    await unpack(archive, tree, build.maximumBytes, signal);
    await rm(archive);
    const [cache, temporary] = [join(layout.directory, 'cache'), join(layout.directory, 'tmp')];
    for (const folder of [join(cache, 'home'), temporary]) await mkdir(folder, { recursive: true, mode: 0o700 });
    return {
      command: [program],
      cwd: tree,
      secrets: [],
      environment: {
        LANG: 'C.UTF-8',
        CI: 'true',
        ...build.environment,
        PATH: path,
        HOME: join(cache, 'home'),
        TMPDIR: temporary,
        CARTWRIGHT_BUILD: document.instance,
        CARTWRIGHT_CACHE: cache,
        CARTWRIGHT_CARTRIDGE: directory,
        ...(build.start === undefined ? {} : { CARTWRIGHT_START: build.start.join(' ') }),
      },
    };
  }

  async finish(layout: Layout, signal: AbortSignal): Promise<void> {
    const { build, configuration, log } = this.#options;
    const file = join(layout.directory, 'result.tgz');
    await pack(treeOf(layout), file, mostArchiveBytes(build.maximumBytes), signal);
    await patiently({ passing: PASSING, log, signal }, async () => {
      const headers = { 'content-type': 'application/gzip' };
      const token = readToken(configuration.document.tokenFile);
      try {
        (await httpPutFile(this.#url('archive'), { token, signal, headers }, file)).resume();
      } catch (error) {
        const isRefused =
          error instanceof HttpError && error.status >= 400 && error.status < 500 && error.status !== 408;
        const code = isRefused ? 'build-result-refused' : 'artifact-fetch-failed';
        throw new Fault(code, `the result could not be brought: ${(error as Error).message}`, { cause: error });
      }
    });
  }

  #url(what: string): string {
    return `${this.#options.configuration.document.controlPlane}/${BUILD_PATH}/${what}`;
  }
}

function treeOf({ directory }: Layout): string {
  return join(directory, 'build');
}

/** Everything in the tree; what no archive can hold (sockets, devices) is left out. */
async function pack(tree: string, file: string, mostBytes: number, signal: AbortSignal): Promise<void> {
  await using handle: FileHandle = await open(file, 'w', 0o600);
  let bytes = 0;
  const archive = Readable.from(create({ gzip: { level: 1 }, cwd: tree, portable: true }, ['.']), { signal });
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new Fault('build-too-large', `the build's result has more than ${mostBytes} bytes as an archive`);
    await handle.writeFile(chunk);
  }
}
