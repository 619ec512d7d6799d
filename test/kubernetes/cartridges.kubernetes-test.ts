/** Cartridges through the whole path: from Git to pods behind the load balancer, more of them, and another commit. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { KubernetesWorld, LIMIT } from './world.ts';

jest.setTimeout(900_000);

/** An application of each that answers with its version. */
const APPLICATIONS: Readonly<Record<string, (version: string) => Readonly<Record<string, string>>>> = {
  python: (version) => ({
    'version.py': `VERSION = b"${version}"\n`,
    'app.py': `import os, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import VERSION

class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION)

server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Page)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
`,
  }),
  static: (version) => ({ 'public/index.html': version }),
  base: (version) => ({
    start: '#!/bin/sh\nexec node server.mjs\n',
    'server.mjs': `import { createServer } from 'node:http';
const server = createServer((_, response) => response.end('${version}')).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close());
`,
  }),
};

describe.each(Object.entries(APPLICATIONS))('%s', (cartridge, application) => {
  let world: KubernetesWorld;
  let repository: Repository;

  beforeAll(async () => {
    world = await KubernetesWorld.open({ name: cartridge, cartridges: [cartridge] });
    await world.register('here');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('a commit becomes a pod that is reached through the load balancers', async () => {
    repository = await world.deploy(application('one'), { cartridge });
    await eventually('it serves', async () => (await answer()) === 'one', LIMIT);
  });

  test('as many serve as somebody says, and another commit is rolled out without a request that fails', async () => {
    await world.scaled(2);
    const load = steadyLoad(await world.url(), 2);
    await repository.commit(application('two'), 'second');
    await eventually('the second', async () => (await answer()) === 'two', LIMIT);
    await eventually('all of them on it', () => world.isOn(2), LIMIT);
    const { sent, failed } = await load.stop();
    expect(sent).toBeGreaterThan(10);
    expect(failed).toEqual([]);
    await world.scaled(1);
  });

  const answer = async (): Promise<string> => getText(await world.url()).catch(() => '');
});
