/** Paths that lead nowhere but to the page's own host, whatever a browser makes of them. */

const LONGEST = 500;
/** One slash at the beginning: two of them, or a backslash, which browsers take for one, begin a host. */
const LOCAL = /^\/(?![/\\])[^\\\s\p{C}]*$/u;
/** None of its own; what a path is resolved against. */
const HERE = 'http://here.invalid';

/** Whether it is a path of at most 500 characters, with a query and a fragment if need be, as it stands and when it is resolved. */
export function isLocalPath(text: string): boolean {
  if (text.length > LONGEST || !LOCAL.test(text)) return false;
  const url = URL.parse(text, HERE);
  // `/.//host` is the path `//host` once it is resolved.
  return url?.origin === HERE && !url.pathname.startsWith('//');
}
