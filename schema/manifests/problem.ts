/** What can be wrong with a manifest, before and after it is given a place in a file. */

export type FieldPath = readonly (string | number)[];

export type ManifestErrorCode =
  | 'MANIFEST_TOO_LARGE'
  | 'MANIFEST_ENCODING'
  | 'MANIFEST_SYNTAX'
  | 'MANIFEST_DUPLICATE_FIELD'
  | 'MANIFEST_ALIASES'
  | 'MANIFEST_EMPTY'
  | 'MANIFEST_API_VERSION'
  | 'MANIFEST_KIND'
  | 'MANIFEST_UNKNOWN_FIELD'
  | 'MANIFEST_MISSING_FIELD'
  | 'MANIFEST_NOT_SUPPORTED'
  | 'MANIFEST_REFERENCE'
  | 'MANIFEST_INVALID';

/** One thing wrong with a document's content, by field path. */
export interface Problem {
  readonly code: ManifestErrorCode;
  readonly path: FieldPath;
  /** Whether the place to look at is the field's name or its value. */
  readonly at: 'key' | 'value';
  /** What was expected, what was found, what to do: one line. */
  readonly message: string;
}

export interface ManifestError {
  readonly code: ManifestErrorCode;
  readonly file: string;
  /** 1-based; absent when the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  /** Path of the field, e.g. `spec.components[0].alias`; empty when a document or the file is meant. */
  readonly field: string;
  readonly message: string;
}

/** `spec.components[0].environment["A-B"]` */
export function formatPath(path: FieldPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_-]{0,60}$/.test(part)) return `[${shorten(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** `app.yaml:12:5: spec.components[0].alias: expected …`, as compilers say it. */
export function formatManifestError(error: ManifestError): string {
  const place = [error.file, error.line, error.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${error.field === '' ? '' : `${error.field}: `}${error.message}`;
}

/** A text as JSON, cut to 60 characters. */
export function shorten(text: string): string {
  const quoted = JSON.stringify(text.length > 200 ? text.slice(0, 200) : text);
  return quoted.length > 60 || text.length > 200 ? `${quoted.slice(0, 58)}…"` : quoted;
}

/** What a value is, in a few words. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (typeof value === 'string') return shorten(value);
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return `${value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return 'an object';
}
