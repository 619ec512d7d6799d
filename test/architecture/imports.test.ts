/** Imports point one way: schema ◄ domain ◄ app ◄ adapters, graphql ◄ main; agent and control plane never meet. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** Layers by path prefix, the longest match first, and what each may import besides itself. */
const LAYERS: readonly { readonly path: string; readonly name: string; readonly may: readonly string[] }[] = [
  { path: 'control-plane/domain/', name: 'domain', may: ['schema'] },
  { path: 'control-plane/app/', name: 'app', may: ['schema', 'domain'] },
  { path: 'control-plane/adapters/', name: 'adapters', may: ['schema', 'domain', 'app'] },
  { path: 'control-plane/graphql/', name: 'graphql', may: ['schema', 'domain', 'app'] },
  // `serve`, `demo`, `simulate` and `keys` are main's; the client commands speak GraphQL only.
  {
    path: 'control-plane/cli/commands/serve.ts',
    name: 'main',
    may: ['schema', 'domain', 'app', 'adapters', 'graphql', 'cli'],
  },
  {
    path: 'control-plane/cli/commands/demo.ts',
    name: 'main',
    may: ['schema', 'domain', 'app', 'adapters', 'graphql', 'cli'],
  },
  { path: 'control-plane/cli/commands/keys.ts', name: 'main', may: ['adapters', 'cli'] },
  { path: 'control-plane/cli/commands/mosquitto-users.ts', name: 'main', may: ['adapters', 'app', 'cli'] },
  {
    path: 'control-plane/cli/commands/folder.ts',
    name: 'main',
    may: ['schema', 'domain', 'app', 'adapters', 'graphql', 'cli'],
  },
  { path: 'control-plane/cli/commands/in-one-line.ts', name: 'main', may: ['app', 'cli'] },
  { path: 'control-plane/cli/commands/simulate', name: 'main', may: ['schema', 'domain', 'cli'] },
  // Load these when they are asked for.
  { path: 'control-plane/cli/commands/register-simulate.ts', name: 'loader', may: ['cli', 'main'] },
  { path: 'control-plane/cli/commands/server.ts', name: 'loader', may: ['cli', 'main'] },
  { path: 'control-plane/cli/', name: 'cli', may: ['schema', 'loader'] },
  { path: 'control-plane/console/', name: 'console', may: ['schema'] },
  { path: 'control-plane/', name: 'main', may: ['schema', 'domain', 'app', 'adapters', 'graphql', 'cli'] },
  { path: 'agent/', name: 'agent', may: ['schema'] },
  { path: 'cartridges/', name: 'cartridges', may: ['schema'] },
  { path: 'schema/', name: 'schema', may: [] },
];

function layerOf(file: string): (typeof LAYERS)[number] | undefined {
  return LAYERS.find(({ path }) => file.startsWith(path));
}

function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      /\.tsx?$/.test(file) &&
      !/(^|\/)(node_modules|dist|sample)\//.test(file) &&
      !/[.-]test\.tsx?$|(^|\/)testing\//.test(file) &&
      layerOf(file) !== undefined,
  );
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1]!);
  return found.map((specifier) => relative(root, resolve(root, dirname(file), specifier)));
}

describe('imports point one way', () => {
  const files = sources();

  test('there are sources to look at', () => {
    expect(files.length).toBeGreaterThan(100);
  });

  test.each(LAYERS.map(({ path, name, may }) => [path, name, may] as const))(
    '%s imports only what it may',
    (path, name, may) => {
      const wrong = files
        .filter((file) => layerOf(file)?.path === path)
        .flatMap((file) => importsOf(file).map((imported) => ({ file, imported, to: layerOf(imported)?.name })))
        .filter(({ to }) => to !== undefined && to !== name && !may.includes(to));
      expect(wrong.map(({ file, imported }) => `${file} → ${imported}`)).toEqual([]);
    },
  );

  test('only the composition root constructs adapters', () => {
    const users = files.filter(
      (file) =>
        layerOf(file)?.name === 'main' &&
        importsOf(file).some((imported) => imported.startsWith('control-plane/adapters/')),
    );
    expect(users.toSorted()).toEqual([
      'control-plane/backups.ts',
      'control-plane/bootstrap.ts',
      'control-plane/cli/commands/keys.ts',
      'control-plane/cli/commands/mosquitto-users.ts',
      'control-plane/demo/end-instances.ts',
      'control-plane/http-routes.ts',
      'control-plane/main.ts',
      'control-plane/open-broker.ts',
      'control-plane/open-provider.ts',
      'control-plane/open-state.ts',
      'control-plane/open-tenants.ts',
      'control-plane/open-vault.ts',
      'control-plane/retention.ts',
    ]);
  });
});
