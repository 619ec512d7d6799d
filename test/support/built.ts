/** Tests that cross parts run the compiled program: it must be that of the sources beside them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/** Throws, saying what to do, when there is no compiled program or a source is newer than it. */
export function requireBuilt(): void {
  const built = modified(join(ROOT, 'dist/cartridges/static/static.mjs'));
  for (const part of ['agent', 'control-plane', 'schema', 'cartridges']) {
    for (const file of readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || /[.-]test\.ts$|(^|\/)(testing|sample)\//.test(file)) continue;
      if (modified(join(ROOT, part, file)) > built)
        throw new Error(`${part}/${file} is newer than dist/; run "npm run build"`);
    }
  }
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
