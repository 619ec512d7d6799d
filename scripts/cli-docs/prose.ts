/** Sentences of --help as Markdown. Pure. */

/** What is typed, or is an address: each alternative is a way of marking it. */
const MARKED = new RegExp(
  [
    // "cartwright context"
    /"(?<command>cartwright [^"]+)"/,
    // docs/tasks.md#the-hook-release
    /(?<page>docs\/[\w-]+\.md(?:#[\w-]+)?)/,
    // {url, expiresAt}
    /(?<shape>\{[^{}]*\})/,
    // --to N, -o json
    /(?<![\w-])(?<flag>--[a-z][\w-]*(?: [A-Z]+(?:=[A-Z]+)?\b)?|-o [a-z]+|-[a-z](?![\w-]))/,
    // CARTWRIGHT_DATA, APPLICATION[/ALIAS], NOUN/NAME, KEY=VALUE
    /(?<name>\b(?:CARTWRIGHT_[A-Z_]+\*?|APPLICATION\b(?:\[\/ALIAS\]|\/ALIAS)?|[A-Z]+\/NAME\b|[A-Z]+=VALUE\b|\*\.DOMAIN))/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** A text without line breaks. */
export function prose(text: string): string {
  let made = '';
  let end = 0;
  for (const match of text.matchAll(MARKED)) {
    const { command, page, ...others } = match.groups ?? {};
    const typed = command ?? Object.values(others).find((value) => value !== undefined);
    made += escaped(text.slice(end, match.index)) + (page === undefined ? `\`${typed}\`` : link(page));
    end = match.index + match[0].length;
  }
  return made + escaped(text.slice(end));
}

/** The same as a sentence: descriptions begin small and end without a stop. */
export function sentence(text: string): string {
  const made = prose(text);
  return `${made.charAt(0).toUpperCase()}${made.slice(1)}${/[.!?]$/.test(made) ? '' : '.'}`;
}

function link(page: string): string {
  const [file = '', anchor] = page.split('#');
  const here = file === 'docs/cli.md';
  const title = anchor === undefined ? file.slice('docs/'.length, -'.md'.length) : anchor;
  return `[${title.replaceAll('-', ' ')}](${here ? '' : file.slice('docs/'.length)}${anchor === undefined ? '' : `#${anchor}`})`;
}

function escaped(text: string): string {
  return text.replace(/[\\*<]/g, '\\$&');
}
