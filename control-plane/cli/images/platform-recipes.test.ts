import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../../test/support/root.ts';
import { agentRecipe, cartridgeRecipes, readCartridge } from './platform-recipes.ts';
import { CARTRIDGE_FOLDER } from './recipe.ts';

const recipes = cartridgeRecipes(ROOT);

test('the agent’s image holds its bundles and their licences', () => {
  const { sources, dockerfile, takesAgent } = agentRecipe(ROOT, '1');
  expect(takesAgent).toBe(false);
  expect(existsSync(join(ROOT, dockerfile))).toBe(true);
  expect(sources.map(({ to }) => to)).toEqual(
    expect.arrayContaining(['dist/agent/agent.mjs', 'dist/third-party-notices.txt', 'LICENSE']),
  );
});

test.each(recipes.map((recipe) => [recipe.name, recipe] as const))(
  'the image of %s takes the agent in by one COPY, runs as a numbered user, and says where it writes',
  (name, { dockerfile, labels, version }) => {
    const text = readFileSync(join(ROOT, dockerfile), 'utf8');
    expect(text.match(/^COPY --from=agent .*$/gm)).toEqual(['COPY --from=agent /cartwright /cartwright']);
    expect(text).toMatch(/^USER 10001:10001$/m);
    expect(text).toMatch(/^VOLUME \["\/cartwright\/data", "\/tmp"\]$/m);
    expect(text).toContain(`ENTRYPOINT ["/cartwright/tini", "--", "/cartwright/node", "/cartwright/agent.mjs"]`);
    expect(text).toContain(`COPY cartridges/${name}/hooks ${CARTRIDGE_FOLDER}/hooks`);
    for (const [, image] of text.matchAll(/^FROM (\S+)/gm))
      expect(['${AGENT_IMAGE}', 'debian:bookworm-slim', 'node:24-bookworm-slim']).toContain(image);
    expect(labels).toMatchObject({
      'dev.cartwright.cartridge.name': name,
      'dev.cartwright.cartridge.version': version,
    });
  },
);

test('every cartridge that can run in a container has an image, and no other', () => {
  const inContainers = readdirSync(join(ROOT, 'cartridges')).filter((name) =>
    readCartridge(join(ROOT, 'cartridges', name, 'cartridge.yaml')).spec.runtimes.includes('container'),
  );
  expect(recipes.map(({ name }) => name)).toEqual(inContainers.sort());
});

test('nothing of a sample or a page goes into an image', () => {
  const paths = recipes.flatMap(({ sources }) => sources.map(({ to }) => to));
  expect(paths.filter((path) => /sample|README|\.test\./.test(path))).toEqual([]);
});

test('a manifest that is none is said with file and field', () => {
  expect(() => readCartridge(join(ROOT, 'package.json'))).toThrow(/package\.json:.*apiVersion/);
  expect(() => readCartridge(join(ROOT, 'none.yaml'))).toThrow(/none\.yaml cannot be read \(ENOENT\)/);
});
