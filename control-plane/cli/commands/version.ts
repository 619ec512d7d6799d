/** `version`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Printer } from '../output/printer.ts';

export async function version(printer: Printer): Promise<void> {
  const value = { version: packageVersion(), node: process.versions.node };
  await printer.one(value, () => value.version);
}

/** From the package's own package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}

/** The package's folder, which stands above this file in the sources and in the compiled tree. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('there is no package.json above the program');
  }
}
