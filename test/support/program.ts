/**
 * Programs that tests run as child processes: the compiled one of these sources, and earlier releases, unpacked from the
 * packages that were published of them (test/fixtures/releases).
 */
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { ROOT } from './root.ts';

const releases = join(ROOT, 'test/fixtures/releases');

/** The package folder of these sources. */
export const PRESENT = ROOT;

/** Versions of the releases that are kept, oldest first. */
export async function keptReleases(): Promise<string[]> {
  return (await readdir(releases))
    .flatMap((file) => /^cartwright-(\d+\.\d+\.\d+)\.tgz$/.exec(file)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Unpacks a release into a new folder; it finds its dependencies among those of these sources. */
export async function unpackRelease(version: string, into: string): Promise<string> {
  await mkdir(into, { recursive: true });
  await extract({ file: join(releases, `cartwright-${version}.tgz`), cwd: into, strip: 1 });
  await symlink(join(ROOT, 'node_modules'), join(into, 'node_modules'));
  return into;
}

/** Replaces the agent of an unpacked release by that of these sources. */
export async function withPresentAgent(directory: string): Promise<string> {
  for (const bundle of ['agent.mjs', 'inventory.mjs'])
    await cp(join(ROOT, 'dist/agent', bundle), join(directory, 'dist/agent', bundle));
  return directory;
}

/** A cartridge of a test: its manifest, and its executables by their paths within its folder. */
export interface OwnCartridge {
  readonly manifest: { readonly metadata: { readonly name: string } };
  readonly hooks: Readonly<Record<string, string>>;
}

/** A package folder of the present program with one cartridge more, as an operator installs one. */
export async function withCartridge({ manifest, hooks }: OwnCartridge, into: string): Promise<string> {
  for (const part of ['package.json', 'dist', 'cartridges', 'control-plane/deploy'])
    await cp(join(PRESENT, part), join(into, part), { recursive: true, filter: (path) => !path.endsWith('.map') });
  await symlink(join(PRESENT, 'node_modules'), join(into, 'node_modules'));
  const folder = join(into, 'cartridges', manifest.metadata.name);
  await mkdir(folder);
  await writeFile(join(folder, 'cartridge.yaml'), JSON.stringify(manifest));
  for (const [path, text] of Object.entries(hooks)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: 0o755 });
  }
  return into;
}
