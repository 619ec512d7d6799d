/**
 * What happens to sources and artifacts on a disk that is too small, told line by line (JSON) to the test that runs this. Its
 * arguments: a folder on a file system of two mebibytes, and one with room, in which `repository` is a Git repository with a file
 * of four mebibytes that nothing can compress.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { downloadArchive } from '../../agent/artifacts/download.ts';
import { unpack } from '../../agent/artifacts/unpack.ts';
import { createArtifactStore } from '../../control-plane/adapters/artifacts/store.ts';
import { createSourceFetcher } from '../../control-plane/adapters/git/fetcher.ts';

const MIB = 1024 * 1024;
const [small = '', large = ''] = process.argv.slice(2);
const signal = new AbortController().signal;
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => {
      const { code, message } = error as { code?: string; message: string };
      return `${code}: ${message}`;
    },
  );
const folder = (...parts: string[]): string => {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
};
const left = (path: string): string[] => readdirSync(path, { recursive: true, encoding: 'utf8' });
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);

const tree = folder(large, 'tree');
writeFileSync(join(tree, 'noise'), randomBytes(4 * MIB));
const roomy = await createArtifactStore({ directory: folder(large, 'artifacts') });
const packed = await roomy.pack(tree);
const archive = (await roomy.path(packed.digest))!;

// The control plane's store: packing a build, receiving an upload, unpacking what is in it.
const store = await createArtifactStore({ directory: folder(small, 'artifacts') });
say({
  pack: await outcome(store.pack(tree)),
  receive: await outcome(store.receive(Readable.from([readFileSync(archive)]), 100 * MIB)),
  unpack: await outcome(roomy.unpack(packed.digest, folder(small, 'unpacked'), 100 * MIB)),
  left: [...left(join(small, 'artifacts')), ...left(join(small, 'unpacked'))],
});

// A source: its checkout, and its mirror.
const url = join(large, 'repository');
const source = { tenant: 'acme', url, branch: 'main' };
const allowed = { allowedHosts: [], allowedFileRoots: [large] };
const fetcher = createSourceFetcher({ cacheDirectory: folder(large, 'git'), ...allowed });
const { commit } = await fetcher.resolve(source);
const mirrored = createSourceFetcher({ cacheDirectory: folder(small, 'git'), ...allowed });
say({
  checkout: await outcome(fetcher.checkout({ ...source, commit }, folder(small, 'checkout'))),
  mirror: await outcome(mirrored.resolve(source)),
  left: left(join(small, 'checkout')),
});
await fetcher.close();
await mirrored.close();

// An instance: fetching an archive, and unpacking it.
const body = readFileSync(archive);
const server = createServer((_request, response) => response.end(body));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const slot = {
  slot: 'main',
  digest: `sha256-${createHash('sha256').update(body).digest('hex')}`,
  bytes: body.length,
  urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`],
};
const options = { token: () => 'x', signal, rounds: 1 };
say({
  unpack: await outcome(unpack(archive, join(folder(small, 'instance'), 'tree'), 100 * MIB, signal)),
  download: await outcome(downloadArchive(slot, join(small, 'archive'), options)),
});
server.close();
server.closeAllConnections();
