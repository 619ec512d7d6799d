/** Images that are built and pushed to the registry from which the cluster of the tests pulls: the package's, and servers for tests. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/root.ts';
import { packageVersion } from '../../control-plane/cli/package.ts';
import { findBuilder } from '../../control-plane/cli/images/builder.ts';
import { makeImages } from '../../control-plane/cli/images/make-images.ts';
import { agentRecipe, cartridgeRecipes, controlPlaneRecipe } from '../../control-plane/cli/images/platform-recipes.ts';
import type { ImageRecipe } from '../../control-plane/cli/images/recipe.ts';
import { credentialsOf } from '../../control-plane/cli/images/registry-login.ts';
import { Registry } from '../../control-plane/cli/images/registry.ts';
import { failureText } from '../../control-plane/cli/images/report.ts';
import { runProgram } from '../../control-plane/cli/images/run-program.ts';

/** `HOST[:PORT][/PATH]`. Throws where nobody has said. */
export function testRegistry(): string {
  const registry = process.env.CARTWRIGHT_TEST_REGISTRY;
  if (registry === undefined)
    throw new Error('set CARTWRIGHT_TEST_REGISTRY to a registry that images are pushed to and the cluster pulls from');
  return registry;
}

/** Of the commands in Dockerfiles. */
export const testNetwork = process.env.CARTWRIGHT_TEST_BUILD_NETWORK;

/** The images of cartridges by name, each with its digest; those that have not changed are there at once. */
export function pushedImages(names: readonly string[]): Promise<Map<string, string>> {
  return pushed(cartridgeRecipes(ROOT).filter(({ name }) => names.includes(name)));
}

/** That of the control plane, and those of the servers beside it, whose folders are in `servers`. */
export function pushedPlatform(servers: readonly string[]): Promise<Map<string, string>> {
  return pushed([controlPlaneRecipe(ROOT, packageVersion()), ...servers.map(serverRecipe)]);
}

/** The same image but for a label, and so another one by its digest. */
export function relabelled(image: string): Promise<string> {
  return derived('relabelled', image, 'LABEL test.image=another');
}

/** An image with further lines of a Dockerfile. */
export async function derived(name: string, image: string, lines: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  try {
    await writeFile(join(folder, 'Dockerfile'), `FROM ${image}\n${lines}\n`);
    return (await pushed([recipeIn(name, folder)])).get(name)!;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function serverRecipe(name: string): ImageRecipe {
  return recipeIn(name, join(import.meta.dirname, 'servers', name));
}

function recipeIn(name: string, folder: string): ImageRecipe {
  return {
    name,
    repository: `test-${name}`,
    version: '1',
    dockerfile: 'Dockerfile',
    sources: readdirSync(folder).map((file) => ({ from: join(folder, file), to: file })),
    labels: {},
    takesAgent: false,
  };
}

async function pushed(recipes: readonly ImageRecipe[]): Promise<Map<string, string>> {
  const registry = await Registry.open(testRegistry(), false, credentialsOf(process.env));
  const { made, failed } = await makeImages(
    recipes,
    { kind: 'recipe', recipe: agentRecipe(ROOT, packageVersion()) },
    {
      builder: await findBuilder(undefined, runProgram, { env: process.env }),
      registry,
      network: testNetwork,
      authorities: process.env.NODE_EXTRA_CA_CERTS,
      arguments: { NPM_REGISTRY: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim() },
      isFresh: false,
      provenance: {},
      now: () => performance.now(),
    },
  );
  if (failed.length > 0) throw new Error(failed.map(failureText).join('\n'));
  return new Map(made.map(({ name, reference }) => [name, reference!]));
}
