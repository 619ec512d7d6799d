/** A cartridge of somebody's own, from a folder outside of this repository: written, built, pushed, and run as a pod. */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { run, type Ended } from '../../control-plane/cli/testing/run.ts';
import { SERVER } from '../../agent/testing/platform.ts';
import { Namespace } from './cluster.ts';
import { ImagePod } from './image-pod.ts';
import { testNetwork, testRegistry } from './image-set.ts';

jest.setTimeout(600_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-cartridge-'));
});
afterEach(() => rm(folder, { recursive: true }));

const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
);
const cli = (...args: string[]): Promise<Ended> => run(args, { env: environment, cwd: folder });
const network = testNetwork === undefined ? [] : ['--network', testNetwork];

test('is built as it was written, pushed once for what it holds, and serves', async () => {
  expect(await cli('cartridge', 'init', 'mine')).toMatchObject({ code: 0 });
  // The application decides what it is: another content, so that every run of the test builds.
  await appendFile(join(folder, 'mine/Dockerfile'), `LABEL test.run="${folder}"\n`);
  const built = await cli('cartridge', 'build', 'mine', ...network);
  expect(built.stderr).toMatch(/^mine 1\.0\.0-[0-9a-f]{16} was built in /m);
  const pushed = await cli('cartridge', 'push', 'mine', '--registry', testRegistry(), ...network);
  expect([pushed.code, pushed.stderr]).toEqual([0, expect.stringMatching(/^mine \S+ has not changed and pushed as /m)]);
  const image = pushed.stdout.trim();
  expect(image).toMatch(new RegExp(`^${testRegistry()}/mine@sha256:[0-9a-f]{64}$`));
  const again = await cli('cartridge', 'push', 'mine', '--registry', testRegistry(), ...network);
  expect(again).toMatchObject({ code: 0, stdout: `${image}\n`, stderr: expect.not.stringContaining('pushed as') });

  await using namespace = await Namespace.create('cartwright-own');
  await using pod = await ImagePod.start(namespace, {
    cartridge: 'mine',
    folder: join(folder, 'mine'),
    image,
    files: { start: '#!/bin/sh\nexec /cartwright/node server.mjs\n', 'server.mjs': SERVER },
  });
  await pod.active();
  expect(await (await fetch(await pod.url())).text()).toBe('one');
});

test('a Dockerfile that fails says so in one sentence, with what the builder said', async () => {
  await cli('cartridge', 'init', 'mine');
  await appendFile(join(folder, 'mine/Dockerfile'), 'USER root\nRUN echo no such library >&2; exit 7\n');
  const { code, stderr } = await cli('cartridge', 'build', 'mine', ...network);
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: mine was not built: \w+ ended with code \d+\n( {2}\| .*\n)* {2}\| no such library\n/);
});
