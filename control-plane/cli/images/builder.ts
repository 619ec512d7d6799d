/** Builds and pushes with whichever of docker, podman and buildah is there. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  baseImages,
  buildCommand,
  BUILDERS,
  checkCommand,
  inspectCommand,
  parseInspected,
  pushCommands,
  pushedDigest,
  type BuilderName,
  type BuildRequest,
} from './builder-commands.ts';
import { ImageError } from './image-error.ts';
import type { Ran, RunOptions, RunProgram } from './run-program.ts';

/** Lines of a failed program that are shown. */
const SHOWN_LINES = 15;

export interface LocalImage {
  /** Digest of its configuration. */
  readonly id: string;
  readonly unpackedBytes: number;
}

export class Builder {
  readonly name: BuilderName;
  readonly #run: RunProgram;
  readonly #options: RunOptions;

  constructor(name: BuilderName, run: RunProgram, options: RunOptions) {
    this.name = name;
    this.#run = run;
    this.#options = options;
  }

  /** `undefined` where this machine has no image of that name. */
  async inspect(reference: string): Promise<LocalImage | undefined> {
    const { code, stdout } = await this.#run(inspectCommand(this.name, reference), quiet(this.#options));
    return code === 0 ? parseInspected(stdout) : undefined;
  }

  /** Throws {@link ImageError} `BUILD_FAILED` with the last lines. */
  async build(request: BuildRequest, name: string): Promise<LocalImage> {
    if (request.isFresh) await this.#fetch(baseImages(await readFile(request.dockerfile, 'utf8')), name);
    const ran = await this.#run(buildCommand(this.name, request), this.#options);
    if (ran.code !== 0)
      throw new ImageError('BUILD_FAILED', `${name} was not built: ${this.name} ended with ${endOf(ran)}`, {
        lastLines: ran.lastLines.slice(-SHOWN_LINES),
      });
    const made = await this.inspect(request.reference);
    if (made === undefined)
      throw new ImageError('BUILD_FAILED', `${this.name} says that it built ${name}, and has no ${request.reference}`);
    return made;
  }

  async #fetch(images: readonly string[], name: string): Promise<void> {
    for (const image of images) {
      const ran = await this.#run([this.name, 'pull', image], this.#options);
      if (ran.code !== 0)
        throw new ImageError('BUILD_FAILED', `${name} was not built: ${image} could not be fetched`, {
          lastLines: ran.lastLines.slice(-SHOWN_LINES),
        });
    }
  }

  /** Resolves with the digest of the manifest. Throws {@link ImageError} `PUSH_FAILED` with the last lines. */
  async push(local: string, remote: string, usesTls: boolean): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'cartwright-push-'));
    const digestFile = join(folder, 'digest');
    try {
      let said = '';
      for (const command of pushCommands(this.name, { local, remote, usesTls, digestFile })) {
        const ran = await this.#run(command, this.#options);
        if (ran.code !== 0)
          throw new ImageError(
            'PUSH_FAILED',
            `${remote} was not pushed: ${this.name} ended with ${endOf(ran)}; is the registry there, and may you write to it (${this.name} login)?`,
            { lastLines: ran.lastLines.slice(-SHOWN_LINES) },
          );
        said = ran.lastLines.slice(-3).join('\n');
      }
      const digest = pushedDigest(this.name === 'docker' ? said : await readFile(digestFile, 'utf8'));
      if (digest !== undefined) return digest;
      throw new ImageError('PUSH_FAILED', `${this.name} has pushed ${remote} and does not say under which digest`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** For questions: nobody wants to read the answers. */
function quiet({ env, signal }: RunOptions): RunOptions {
  return { env, ...(signal === undefined ? {} : { signal }) };
}

function endOf({ code }: Ran): string {
  return code === null ? 'a signal' : `code ${code}`;
}

/**
 * The one that was asked for, else the first that works. Throws {@link ImageError} `BUILDER_MISSING`, which says of each what
 * is the matter.
 */
export async function findBuilder(asked: string | undefined, run: RunProgram, options: RunOptions): Promise<Builder> {
  const candidates = BUILDERS.filter((name) => asked === undefined || name === asked);
  if (candidates.length === 0)
    throw new ImageError('BUILDER_MISSING', `there is no builder "${asked}" here: expected ${BUILDERS.join(', ')}`);
  const reasons: string[] = [];
  for (const name of candidates) {
    try {
      const ran = await run(checkCommand(name), quiet(options));
      if (ran.code === 0) return new Builder(name, run, options);
      reasons.push(`${name} does not work (${ran.lastLines.at(-1)?.trim() ?? endOf(ran)})`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      reasons.push(`${name} is not there`);
    }
  }
  throw new ImageError(
    'BUILDER_MISSING',
    `nothing on this machine builds images: ${reasons.join('; ')}. Install one of them (Debian: apt-get install buildah)`,
  );
}
