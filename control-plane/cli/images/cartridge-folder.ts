/** A cartridge of somebody's own, in a folder of theirs: its manifest, its Dockerfile, its hooks. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { HOOKS_FOLDER, withFoundHooks } from '../../../schema/manifests/found-hooks.ts';
import { ImageError } from './image-error.ts';
import { readCartridge } from './platform-recipes.ts';
import { AGENT_ARGUMENT, cartridgeLabels, type ImageRecipe } from './recipe.ts';

export interface CartridgeFolder {
  /** With the hooks that the folder has. */
  readonly manifest: CartridgeManifest;
  readonly recipe: ImageRecipe;
}

/** Throws {@link ImageError} `CARTRIDGE_INVALID` with everything that would make no image, or one that cannot be run. */
export async function readCartridgeFolder(directory: string): Promise<CartridgeFolder> {
  const manifest = withFoundHooks(
    readCartridge(join(directory, 'cartridge.yaml')),
    new Set(await readdir(join(directory, HOOKS_FOLDER)).catch(() => [])),
  );
  const { metadata, spec } = manifest;
  const problems = [
    ...(await dockerfileProblems(directory)),
    ...(await Promise.all(Object.values(spec.hooks).map((path) => hookProblem(directory, path)))).flat(),
  ];
  if (!spec.runtimes.includes('container'))
    problems.push(`cartridge.yaml: spec.runtimes: expected container among them, found ${spec.runtimes.join(', ')}`);
  if (spec.artifact.required && spec.hooks.start === undefined)
    problems.push('cartridge.yaml: spec.hooks.start: is missing: expected the program that starts an application');
  if (problems.length > 0)
    throw new ImageError('CARTRIDGE_INVALID', problems.map((problem) => join(directory, problem)).join('\n'));
  const recipe: ImageRecipe = {
    name: metadata.name,
    repository: metadata.name,
    version: spec.version,
    dockerfile: 'Dockerfile',
    sources: [{ from: directory, to: '' }],
    labels: cartridgeLabels({ name: metadata.name, ...spec }),
    takesAgent: true,
  };
  return { manifest, recipe };
}

async function dockerfileProblems(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'Dockerfile'), 'utf8').catch(() => undefined);
  if (text === undefined) return ['Dockerfile: is not there; "cartwright cartridge init" writes one'];
  if (
    !text.includes(`ARG ${AGENT_ARGUMENT}`) ||
    !/^\s*COPY\s+--from=\S+\s+\/cartwright\/?\s+\/cartwright\/?\s*$/m.test(text)
  )
    return [
      `Dockerfile: does not take the agent in: expected "ARG ${AGENT_ARGUMENT}" and "FROM \${${AGENT_ARGUMENT}} AS agent" at its beginning, and "COPY --from=agent /cartwright /cartwright"`,
    ];
  return [];
}

async function hookProblem(directory: string, path: string): Promise<string[]> {
  const found = await stat(join(directory, path)).catch(() => undefined);
  if (found?.isFile() !== true) return [`cartridge.yaml: spec.hooks: ${path} is no file of the folder`];
  return (found.mode & 0o111) === 0 ? [`${path}: is not executable; run chmod +x on it`] : [];
}
