/** The licences of the libraries that are copied into the bundles: most ask that their text goes along with each copy. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * One section a package, by name, with the text of its licence, or the licence that its package.json names where it has no text.
 * `inputs` are the bundled files, relative to `root`. Throws for a package that says nothing of its licence.
 */
export function thirdPartyNotices(root: string, inputs: ReadonlySet<string>): string {
  const folders = new Set([...inputs].flatMap((input) => PACKAGE.exec(input)?.[0] ?? []));
  const sections = new Map<string, string>();
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
    const title = `${manifest.name} ${manifest.version}`;
    const texts = readdirSync(join(root, folder))
      .filter((name) => LICENCE_FILE.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8').trim());
    if (manifest.license === undefined && texts.length === 0)
      throw new Error(`${title} is bundled and names no licence; ask its authors, or leave it out`);
    sections.set(title, `${title} (${manifest.license ?? 'see below'})\n\n${texts.join('\n\n')}`.trim());
  }
  const head =
    'The bundles in dist/agent, dist/cartridges and dist/control-plane/console hold copies of the following libraries, under their own licences.';
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `${[head, ...[...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)].join(rule)}\n`;
}
