import type { Noun } from '../../nouns/noun.ts';
import { describe, type Line } from '../printer.ts';
import { printable } from '../text.ts';

/** What is written down with a thing and is a text, or a structure of its own. */
const DOCUMENTS = ['manifest', 'data', 'lastLines'] as const;

/** A thing of any noun: what a list says of it, a line each, and the documents that belong to it. */
export async function describeAny<T extends { readonly uid: string }>(
  { columns }: Pick<Noun<T>, 'columns'>,
  thing: T,
  now: number,
): Promise<string> {
  const lines = columns.map(({ title, value }): Line => [sentenceCase(title), value(thing, now)]);
  const said = new Set(lines.map((line) => line[1]));
  const documents = await Promise.all(
    DOCUMENTS.map(async (name) => {
      const document: unknown = Reflect.get(thing, name);
      return isEmpty(document) ? [] : ['', `${sentenceCase(name)}:`, ...(await documentLines(document))];
    }),
  );
  const uid: Line[] = said.has(thing.uid) ? [] : [['Uid', thing.uid]];
  return [describe([...lines, ...uid]), ...documents.flat()].join('\n');
}

async function documentLines(document: unknown): Promise<string[]> {
  const { stringify } = await import('yaml');
  const lines = isLines(document) ? document : stringify(document, { lineWidth: 0 }).trimEnd().split('\n');
  return lines.map((line) => `  ${printable(line)}`);
}

function isLines(document: unknown): document is readonly string[] {
  return Array.isArray(document) && document.every((line) => typeof line === 'string');
}

function isEmpty(document: unknown): boolean {
  return document === undefined || document === null || ['{}', '[]'].includes(JSON.stringify(document));
}

/** `ASKED FOR` and `lastLines` as labels. */
function sentenceCase(title: string): string {
  const words = title.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
