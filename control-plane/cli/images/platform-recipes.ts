/** The images of this package: the agent's, the control plane's, and one for each cartridge that has a Dockerfile. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import { formatManifestError } from '../../../schema/manifests/problem.ts';
import type { ContextSource } from './context.ts';
import { ImageError } from './image-error.ts';
import { cartridgeLabels, type ImageRecipe } from './recipe.ts';

export const AGENT_NAME = 'cartwright-agent';
const CONTROL_PLANE_NAME = 'cartwright-control-plane';

/** Of a cartridge's folder, what belongs into its image where it is there: no documentation, no sample. */
const CARTRIDGE_PARTS = ['Dockerfile', 'cartridge.yaml', 'hooks', 'lib', 'image'];

/** @param version of the package */
export function agentRecipe(root: string, version: string): ImageRecipe {
  const files = [
    'agent/Dockerfile',
    'dist/agent/agent.mjs',
    'dist/agent/inventory.mjs',
    'dist/third-party-notices.txt',
    'LICENSE',
  ];
  return {
    name: AGENT_NAME,
    repository: AGENT_NAME,
    version,
    dockerfile: 'agent/Dockerfile',
    sources: files.map((file) => ({ from: join(root, file), to: file })),
    labels: {
      'org.opencontainers.image.title': 'Cartwright agent',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.description':
        'The agent of instances, with its Node: COPY --from brings it into an image',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    takesAgent: false,
  };
}

/** @param version of the package */
export function controlPlaneRecipe(root: string, version: string): ImageRecipe {
  const paths = [
    'package.json',
    'package-lock.json',
    'control-plane/deploy',
    'cartridges',
    'schema/graphql/schema.graphql',
    'schema/manifests/json',
    'dist/control-plane',
    'dist/schema',
    'dist/cartridges',
    'dist/agent/agent.mjs',
    'dist/agent/inventory.mjs',
    'dist/third-party-notices.txt',
    'LICENSE',
    'CHANGELOG.md',
  ];
  return {
    name: CONTROL_PLANE_NAME,
    repository: CONTROL_PLANE_NAME,
    version,
    dockerfile: 'control-plane/deploy/Dockerfile',
    sources: paths.map((path) => ({ from: join(root, path), to: path })),
    labels: {
      'org.opencontainers.image.title': 'Cartwright control plane',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.description': 'The control plane, for the Helm chart of the same package',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    takesAgent: false,
  };
}

/** By name. Throws {@link ImageError} `CARTRIDGE_INVALID`. */
export function cartridgeRecipes(root: string): ImageRecipe[] {
  return readdirSync(join(root, 'cartridges'))
    .filter((name) => existsSync(join(root, 'cartridges', name, 'Dockerfile')))
    .sort()
    .map((name) => cartridgeRecipe(root, name));
}

function cartridgeRecipe(root: string, name: string): ImageRecipe {
  const folder = `cartridges/${name}`;
  const { metadata, spec } = readCartridge(join(root, folder, 'cartridge.yaml'));
  const program = `dist/cartridges/${name}/${name}.mjs`;
  const paths = [...CARTRIDGE_PARTS.map((part) => `${folder}/${part}`), program];
  const sources: ContextSource[] = paths
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ from: join(root, path), to: path }));
  return {
    name,
    repository: `cartwright-${name}`,
    version: spec.version,
    dockerfile: `${folder}/Dockerfile`,
    sources,
    labels: {
      ...cartridgeLabels({ name: metadata.name, ...spec }),
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    takesAgent: true,
  };
}

/** Throws {@link ImageError} `CARTRIDGE_INVALID` with every error of the file. */
export function readCartridge(file: string): CartridgeManifest {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ImageError('CARTRIDGE_INVALID', `${file} cannot be read (${code ?? 'unknown error'})`, { cause: error });
  }
  const parsed = parseManifests(text, file, { kinds: ['Cartridge'] });
  if (!parsed.ok) throw new ImageError('CARTRIDGE_INVALID', parsed.errors.map(formatManifestError).join('\n'));
  const [manifest, ...others] = parsed.manifests;
  if (manifest === undefined || others.length > 0)
    throw new ImageError('CARTRIDGE_INVALID', `${file}: expected one manifest, found ${parsed.manifests.length}`);
  return manifest as CartridgeManifest;
}
