/** The agent as it ships: bundled, because a bundle starts in a fifth of the time that its sources take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface BundledAgent {
  readonly program: string;
  remove(): void;
}

export async function bundleAgent(): Promise<BundledAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-bundle-'));
  const source = join(import.meta.dirname, '..');
  const nothing = join(source, '../scripts/empty-module.js');
  await build({
    entryPoints: { agent: join(source, 'main.ts'), inventory: join(source, 'inventory.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'error',
    alias: { ws: nothing, socks: nothing, 'worker-timers': nothing },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return {
    program: join(folder, 'agent.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
