/** Makes images of recipes: each is built and pushed where its content has changed, and one that fails stops no other. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Builder } from './builder.ts';
import { declaredOf } from './builder-commands.ts';
import { contentTag } from './content-tag.ts';
import { layOut, readContext, type ContextEntry } from './context.ts';
import { ImageError } from './image-error.ts';
import type { ImageRecipe } from './recipe.ts';
import type { Registry, RemoteImage } from './registry.ts';

export interface MakeOptions {
  readonly builder: Builder;
  /** Where images are pushed to; none: they stay on this machine. */
  readonly registry: Registry | undefined;
  readonly network: string | undefined;
  readonly authorities: string | undefined;
  /** Values of arguments, for Dockerfiles that declare them. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Whether what has not changed is built again, with base images fetched anew. */
  readonly isFresh: boolean;
  /** Labels that say where and when it was built; no part of the content. */
  readonly provenance: Readonly<Record<string, string>>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export interface MadeImage {
  readonly name: string;
  readonly tag: string;
  /** `NAME:TAG` on this machine; `null` where it was found in the registry and is not here. */
  readonly local: string | null;
  /** `REPOSITORY@sha256:…` in the registry; `null` where none was asked for. */
  readonly reference: string | null;
  /** Of the manifest in the registry, else of the configuration on this machine. */
  readonly digest: string;
  /** On a disk; `null` where the image is not here. */
  readonly unpackedBytes: number | null;
  /** What a node fetches; `null` without a registry. */
  readonly packedBytes: number | null;
  /** Time that the build took; `null` where the content had its image already. */
  readonly buildSeconds: number | null;
  readonly isPushed: boolean;
}

export interface FailedImage {
  readonly name: string;
  readonly error: ImageError;
}

/** What the agent's image is: made here, or given by the one who builds. */
export type Agent =
  | { readonly kind: 'recipe'; readonly recipe: ImageRecipe }
  | { readonly kind: 'reference'; readonly reference: string };

/** What is known of the agent's image once it is there. */
interface KnownAgent {
  /** What it counts as in the content of those that take it in. */
  readonly content: string;
  readonly image: string;
}

/**
 * The agent first where anything takes it in, then the recipes one after the other. `onMade` is told of each as it is ready. The agent is
 * pushed only where it is one of the recipes: those that took it in have it.
 * Rejects only for what no other image could do either (`REGISTRY_UNREACHABLE`).
 */
export async function makeImages(
  recipes: readonly ImageRecipe[],
  agent: Agent,
  options: MakeOptions,
  onMade: (image: MadeImage) => void = () => undefined,
): Promise<{ readonly made: readonly MadeImage[]; readonly failed: readonly FailedImage[] }> {
  const made: MadeImage[] = [];
  const failed: FailedImage[] = [];
  const attempt = async (recipe: ImageRecipe, known: KnownAgent | undefined): Promise<MadeImage | undefined> => {
    const isAsked = recipes.some(({ name }) => name === recipe.name);
    try {
      const image = await makeImage(recipe, known, isAsked ? options : { ...options, registry: undefined });
      made.push(image);
      onMade(image);
      return image;
    } catch (error) {
      if (!(error instanceof ImageError) || error.code === 'REGISTRY_UNREACHABLE') throw error;
      failed.push({ name: recipe.name, error });
      return undefined;
    }
  };
  let known: KnownAgent | undefined;
  if (agent.kind === 'reference') known = { content: agent.reference, image: agent.reference };
  else if (recipes.some(({ takesAgent }) => takesAgent)) {
    const image = await attempt(agent.recipe, undefined);
    if (image !== undefined) known = { content: image.tag, image: image.local ?? image.reference! };
  }
  for (const recipe of recipes) {
    if (agent.kind === 'recipe' && recipe.name === agent.recipe.name) {
      if (![...made, ...failed].some(({ name }) => name === recipe.name)) await attempt(recipe, undefined);
    } else if (recipe.takesAgent && known === undefined) {
      const error = new ImageError('BUILD_FAILED', `${recipe.name} was not built: the agent’s image was not`);
      failed.push({ name: recipe.name, error });
    } else await attempt(recipe, recipe.takesAgent ? known : undefined);
  }
  return { made, failed };
}

/**
 * The tag of a recipe's content as it is now, and that content. `agent`: the tag, or the reference, of the agent that it takes in. Throws
 * {@link ImageError} `CONTEXT_INVALID`.
 */
export async function tagOf(
  { name, version, dockerfile, labels, sources }: ImageRecipe,
  agent: string | null,
): Promise<{ readonly tag: string; readonly entries: readonly ContextEntry[] }> {
  const entries = await readContext(sources);
  if (!entries.some(({ path }) => path === dockerfile))
    throw new ImageError('CONTEXT_INVALID', `${name}: there is no ${dockerfile}`);
  return { tag: contentTag({ version, dockerfile, entries, labels, agent }), entries };
}

async function makeImage(recipe: ImageRecipe, agent: KnownAgent | undefined, options: MakeOptions): Promise<MadeImage> {
  const { builder, registry, isFresh } = options;
  const { name, repository } = recipe;
  const { tag, entries } = await tagOf(recipe, agent?.content ?? null);
  const reference = `localhost/${repository}:${tag}`;

  let here = await builder.inspect(reference);
  const remote = isFresh ? undefined : await registry?.find(repository, tag);
  let buildSeconds: number | null = null;
  if (isFresh || (here === undefined && remote === undefined)) {
    const started = options.now();
    here = await build(recipe, { entries, reference, agent: agent?.image }, options);
    buildSeconds = (options.now() - started) / 1000;
  }
  const made = { name, tag, local: here && reference, unpackedBytes: here?.unpackedBytes, buildSeconds };
  const published =
    registry === undefined
      ? { reference: null, digest: here!.id, packedBytes: null, isPushed: false }
      : await publish({ repository, tag, local: reference, remote }, registry, builder);
  return { ...made, ...published, local: made.local ?? null, unpackedBytes: made.unpackedBytes ?? null };
}

/** Pushes what the registry has not. */
async function publish(
  image: {
    readonly repository: string;
    readonly tag: string;
    readonly local: string;
    readonly remote: RemoteImage | undefined;
  },
  registry: Registry,
  builder: Builder,
): Promise<Pick<MadeImage, 'reference' | 'digest' | 'packedBytes' | 'isPushed'>> {
  const { repository, tag, local, remote } = image;
  const target = `${registry.prefix}/${repository}`;
  if (remote !== undefined) return { reference: `${target}@${remote.digest}`, ...remote, isPushed: false };
  const digest = await builder.push(local, `${target}:${tag}`, registry.usesTls);
  const pushed = await registry.find(repository, tag);
  return { reference: `${target}@${digest}`, digest, packedBytes: pushed?.packedBytes ?? null, isPushed: true };
}

interface Content {
  readonly entries: readonly ContextEntry[];
  readonly reference: string;
  readonly agent: string | undefined;
}

async function build(recipe: ImageRecipe, { entries, reference, agent }: Content, options: MakeOptions) {
  const { builder, registry, network, authorities, isFresh, provenance } = options;
  const context = await mkdtemp(join(tmpdir(), 'cartwright-image-'));
  try {
    await layOut(entries, context);
    return await builder.build(
      {
        reference,
        context,
        dockerfile: join(context, recipe.dockerfile),
        labels: { ...recipe.labels, ...provenance },
        agent,
        network,
        authorities,
        arguments: declaredOf(await readFile(join(context, recipe.dockerfile), 'utf8'), options.arguments),
        isFresh,
        usesTls: registry?.usesTls ?? true,
      },
      recipe.name,
    );
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
