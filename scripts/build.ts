/**
 * Builds the runnable tree into dist/: the compiled program, the agent's two bundles, the bundled cartridge programs and the console.
 * Run by `npm run build` and, through `prepare`, by `npm install` and `npm pack`.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { build as buildPages } from 'vite';
import { thirdPartyNotices } from './third-party-notices.ts';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');

rmSync(out, { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
// Types are checked by `npm run check`: here they would more than double the time of each installation.
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--noCheck'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

const bundle: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};
/**
 * What the agent never uses of its libraries is left out: other transports than plain TCP and TLS, debug output, and a copy of
 * what Node has itself.
 */
const leftOut = {
  ...Object.fromEntries(['ws', 'socks', 'worker-timers'].map((name) => [name, join(root, 'scripts/empty-module.js')])),
  debug: join(root, 'scripts/no-debug.cjs'),
  'readable-stream': 'node:stream',
};
const bundles: { entry: string; outfile: string; alias?: Record<string, string>; keepNames?: boolean }[] = [
  { entry: 'agent/main.ts', outfile: 'agent/agent.mjs', alias: leftOut, keepNames: false },
  { entry: 'agent/inventory.ts', outfile: 'agent/inventory.mjs' },
  { entry: 'cartridges/lb/program/main.ts', outfile: 'cartridges/lb/lb.mjs' },
  { entry: 'cartridges/static/program/main.ts', outfile: 'cartridges/static/static.mjs' },
];
const bundled = new Set<string>();
for (const { entry, outfile, alias, keepNames } of bundles) {
  if (!existsSync(join(root, entry))) continue;
  const { metafile } = await build({
    ...bundle,
    entryPoints: [join(root, entry)],
    outfile: join(out, outfile),
    ...(alias ? { alias } : {}),
    ...(keepNames === undefined ? {} : { keepNames }),
  });
  for (const input of Object.keys(metafile?.inputs ?? {})) bundled.add(input);
}
for (const input of await buildConsole()) bundled.add(input);
writeFileSync(join(out, 'third-party-notices.txt'), thirdPartyNotices(root, bundled));

const bin = join(out, 'control-plane/cli/bin.js');
if (existsSync(bin)) {
  chmodSync(bin, 0o755);
  linkProgram(bin);
}

/** Builds the console's pages, with a compressed copy beside each of their files. @returns the files that they are made of */
async function buildConsole(): Promise<string[]> {
  const result = await buildPages({ configFile: join(root, 'control-plane/console/vite.config.ts'), logLevel: 'warn' });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((part) => ('output' in part ? part.output : []));
  const folder = join(out, 'control-plane/console');
  for (const { fileName } of outputs) {
    if (!/\.(js|css|svg|html)$/.test(fileName)) continue;
    const content = readFileSync(join(folder, fileName));
    writeFileSync(join(folder, `${fileName}.gz`), gzipSync(content, { level: 9 }));
    writeFileSync(join(folder, `${fileName}.br`), brotliCompressSync(content));
  }
  return outputs
    .flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []))
    .filter((id) => id.startsWith('/') && !id.includes('?'))
    .map((id) => relative(root, id));
}

/** npm links the programs of dependencies, not the package's own: with this link `npx cartwright` works in a clone, too. */
function linkProgram(program: string): void {
  const folder = join(root, 'node_modules/.bin');
  const link = join(folder, 'cartwright');
  if (!existsSync(folder)) return;
  rmSync(link, { force: true });
  symlinkSync(relative(folder, program), link);
}
