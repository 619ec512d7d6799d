/** Files of NAME=VALUE lines, as `docker run --env-file` and systemd read them: a subset that has one meaning. */
import { usage } from '../exit.ts';

/**
 * Empty lines and lines that begin with `#` mean nothing; a value in single or double quotes is what stands between them; nothing
 * is expanded. Throws a usage error that names the line and never the value.
 */
export function parseEnvironmentFile(text: string, path: string): { name: string; value: string }[] {
  const found = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const at = line.indexOf('=');
    const name = line
      .slice(0, at)
      .replace(/^export\s+/, '')
      .trim();
    if (at < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw usage(`${path}, line ${index + 1}: expected NAME=VALUE`);
    const value = line.slice(at + 1).trim();
    const quoted = /^(["'])(.*)\1$/.exec(value);
    if (quoted === null && /^["']/.test(value)) throw usage(`${path}, line ${index + 1}: the quote is not closed`);
    return [{ name, value: quoted?.[2] ?? value }];
  });
  if (found.length === 0) throw usage(`${path} holds no NAME=VALUE line`);
  return found;
}
