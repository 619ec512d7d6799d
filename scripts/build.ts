/**
 * Builds the runnable tree into dist/: the compiled program, the agent's two bundles and the bundled cartridge programs.
 * Run by `npm run build` and, through `prepare`, by `npm install` and `npm pack`.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');

rmSync(out, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);

const bundle: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};
/** Transports that the agent never uses (it speaks plain TCP and TLS): their packages are replaced by nothing. */
const unusedTransports = Object.fromEntries(
  ['ws', 'socks', 'worker-timers'].map((name) => [name, join(root, 'scripts/empty-module.js')]),
);
const bundles: { entry: string; outfile: string; alias?: Record<string, string> }[] = [
  { entry: 'agent/main.ts', outfile: 'agent/agent.mjs', alias: unusedTransports },
  { entry: 'agent/inventory.ts', outfile: 'agent/inventory.mjs' },
  { entry: 'cartridges/lb/program/main.ts', outfile: 'cartridges/lb/lb.mjs' },
];
for (const { entry, outfile, alias } of bundles) {
  if (!existsSync(join(root, entry))) continue;
  await build({
    ...bundle,
    entryPoints: [join(root, entry)],
    outfile: join(out, outfile),
    ...(alias ? { alias } : {}),
  });
}
const bin = join(out, 'control-plane/cli/bin.js');
if (existsSync(bin)) chmodSync(bin, 0o755);
