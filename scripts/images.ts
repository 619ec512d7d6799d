/**
 * `npm run images [-- NAME… --push REGISTRY]`: builds the images of the agent and of the cartridges with docker, podman or buildah,
 * whichever is there. What has not changed is neither built nor pushed again. docs/images.md says more.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBuilder } from '../control-plane/cli/images/builder.ts';
import { ImageError } from '../control-plane/cli/images/image-error.ts';
import { makeImages, type Agent, type MadeImage } from '../control-plane/cli/images/make-images.ts';
import {
  AGENT_NAME,
  agentRecipe,
  cartridgeRecipes,
  controlPlaneRecipe,
} from '../control-plane/cli/images/platform-recipes.ts';
import { credentialsOf } from '../control-plane/cli/images/registry-login.ts';
import { Registry } from '../control-plane/cli/images/registry.ts';
import { failureText, IMAGE_COLUMNS, progressText } from '../control-plane/cli/images/report.ts';
import { runProgram } from '../control-plane/cli/images/run-program.ts';
import { packageVersion } from '../control-plane/cli/package.ts';
import { Printer } from '../control-plane/cli/output/printer.ts';
import type { ImageCatalogue } from '../schema/images.ts';

const USAGE = `npm run images [-- NAME… [options]]: all images if no name is given
  --push REGISTRY     HOST[:PORT][/PATH] that they are pushed to
  --out FILE          write a JSON file of the pushed images by name, each with its digest
  --builder NAME      docker, podman or buildah; the first that works if absent
  --agent IMAGE       the agent from this image instead of building it
  --network MODE      of the commands in Dockerfiles, such as host
  --ca FILE           authorities of a proxy that ends TLS, for these commands; NODE_EXTRA_CA_CERTS if absent
  --plain-http        ask the registry without TLS; on this machine that is found out
  --fresh             build what has not changed, too, on base images fetched anew
  --source URL        where the sources are, for the label
  --verbose           show what the builder says`;

const root = join(import.meta.dirname, '..');

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      push: { type: 'string' },
      out: { type: 'string' },
      builder: { type: 'string' },
      agent: { type: 'string' },
      network: { type: 'string' },
      ca: { type: 'string', default: process.env.NODE_EXTRA_CA_CERTS },
      'plain-http': { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      source: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const agent = agentRecipe(root, packageVersion());
  const known = [agent, controlPlaneRecipe(root, packageVersion()), ...cartridgeRecipes(root)];
  const names = known.map(({ name }) => name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`there is no image ${unknown.join(', ')}; there are ${names.join(', ')}`);
  if (values.out !== undefined && values.push === undefined)
    throw new Error('--out FILE is written of what was pushed: say --push REGISTRY');
  if (!existsSync(join(root, 'dist/agent/agent.mjs')))
    throw new Error('there is no dist/agent/agent.mjs: npm run build');

  const onLine = values.verbose ? (line: string): void => console.error(line) : undefined;
  const builder = await findBuilder(values.builder, runProgram, {
    env: process.env,
    ...(onLine === undefined ? {} : { onLine }),
  });
  const registry =
    values.push === undefined
      ? undefined
      : await Registry.open(values.push.replace(/\/+$/, ''), values['plain-http'], credentialsOf(process.env));
  const from: Agent =
    values.agent === undefined ? { kind: 'recipe', recipe: agent } : { kind: 'reference', reference: values.agent };
  const asked = known.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const { made, failed } = await makeImages(
    asked.filter(({ name }) => values.agent === undefined || name !== AGENT_NAME),
    from,
    {
      builder,
      registry,
      network: values.network,
      authorities: values.ca,
      arguments: { NPM_REGISTRY: npmRegistry() },
      isFresh: values.fresh,
      provenance: provenance(values.source),
      now: () => performance.now(),
    },
    (image) => console.error(progressText(image)),
  );
  if (made.length > 0) console.log(await new Printer(printerIo(), 'table').table(made, IMAGE_COLUMNS));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(catalogueOf(made), null, 2)}\n`);
  for (const failure of failed) console.error(failureText(failure));
  return failed.length === 0 ? 0 : 1;
}

/** The registry that this machine's npm is set to, for base images that come without npm. */
function npmRegistry(): string {
  return execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
}

function catalogueOf(made: readonly MadeImage[]): ImageCatalogue {
  const pushed = made.flatMap(({ name, reference }) => (reference === null ? [] : [[name, reference] as const]));
  return { v: 1, images: Object.fromEntries(pushed) };
}

/** The commit, where this is a clone, and whether it was changed. */
function provenance(source: string | undefined): Record<string, string> {
  const git = (...args: readonly string[]): string | undefined => {
    try {
      return execFileSync('git', ['-C', root, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch {
      // No clone, or no Git: then nothing is said of a commit.
      return undefined;
    }
  };
  const commit = existsSync(join(root, '.git')) ? git('rev-parse', 'HEAD') : undefined;
  const isChanged = commit !== undefined && git('status', '--porcelain', '--untracked-files=no') !== '';
  return {
    ...(commit === undefined ? {} : { 'org.opencontainers.image.revision': isChanged ? `${commit}-changed` : commit }),
    ...(source === undefined ? {} : { 'org.opencontainers.image.source': source }),
  };
}

function printerIo(): ConstructorParameters<typeof Printer>[0] {
  const output = (stream: NodeJS.WriteStream) => ({ stream, isTerminal: stream.isTTY });
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    interrupted: new AbortController().signal,
    now: Date.now,
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`images: ${error instanceof ImageError ? failureText({ name: '', error }) : (error as Error).message}`);
  process.exitCode = 1;
}
