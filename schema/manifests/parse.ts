/** Manifests from text: all of them, or everything that is wrong with them, each with its place. */
import * as z from 'zod';
import { crossCheck, sameObject } from './cross-checks.ts';
import { name } from './envelope.ts';
import { explain, type Explained } from './explain.ts';
import { isManifestKind, MANIFEST_KINDS, MANIFEST_SCHEMAS, type Manifest, type ManifestKind } from './kinds.ts';
import { describeFound, formatPath, type ManifestError, type Problem } from './problem.ts';
import { readDocuments, type ReadDocument } from './read-documents.ts';
import { suggestion } from './suggest.ts';
import { upgradeManifest } from './upgrade.ts';

/** Most errors told at once. */
const MAX_ERRORS = 50;

export type ParsedManifests =
  | {
      readonly ok: true;
      readonly manifests: readonly Manifest[];
      /** Gives problems of a manifest, by its index, their places in the file; in the order of the file, at most 50. */
      readonly locate: (problems: readonly { readonly index: number; readonly problem: Problem }[]) => ManifestError[];
    }
  | {
      readonly ok: false;
      readonly errors: readonly ManifestError[];
      /** The objects that the documents are about, as far as that could be read; to say what was refused. */
      readonly named: readonly NamedObject[];
    };

interface NamedObject {
  readonly kind: ManifestKind;
  readonly name: string;
  /** As the manifest says. */
  readonly tenant: string | undefined;
}

export interface ParseOptions {
  /** The kinds that are welcome here; all of them if absent. */
  readonly kinds?: readonly ManifestKind[];
}

/**
 * Reads YAML or JSON, several documents a file, at most 1 MiB; bytes must be UTF-8. `fileName` is only named in errors.
 *
 * Never throws. Every error names the file, where it can the line and column, the field's path, what was expected and
 * what was found; at most 50 are given. Nothing unknown is ignored.
 */
export function parseManifests(
  text: string | Uint8Array,
  fileName: string,
  options: ParseOptions = {},
): ParsedManifests {
  const read = readDocuments(text, fileName);
  if (!read.ok) return { ok: false, errors: limited(read.errors, fileName), named: [] };
  const errors: ManifestError[] = [];
  const manifests: Manifest[] = [];
  for (const document of read.documents) {
    const checked = checkDocument(document.value, document, options.kinds ?? MANIFEST_KINDS);
    const problems = checked.ok ? repetition(checked.manifest, manifests) : checked.problems;
    if (checked.ok) manifests.push(checked.manifest);
    errors.push(...problems.map((problem) => located(problem, document, fileName)).sort(byPlace));
  }
  if (errors.length > 0) {
    const named = read.documents.flatMap(({ value }) => namedBy(value) ?? []);
    return { ok: false, errors: limited(errors, fileName), named };
  }
  const locate: (ParsedManifests & { ok: true })['locate'] = (problems) => {
    const found = problems.map(({ index, problem }) => located(problem, read.documents[index]!, fileName));
    return [...limited(found.sort(byPlace), fileName)];
  };
  return { ok: true, manifests, locate };
}

const naming = z.object({
  kind: z.enum(MANIFEST_KINDS),
  metadata: z.object({ name, tenant: name.optional() }),
});

function namedBy(value: unknown): NamedObject | undefined {
  const { data } = naming.safeParse(value);
  return data && { kind: data.kind, name: data.metadata.name, tenant: data.metadata.tenant };
}

type Checked =
  { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks a manifest that is already a value, e.g. one that was stored: upgrades it, fills in defaults, applies every rule.
 * Never throws.
 */
export function checkManifest(value: unknown, kinds: readonly ManifestKind[] = MANIFEST_KINDS): Checked {
  return checkDocument(value, undefined, kinds);
}

function checkDocument(value: unknown, document: ReadDocument | undefined, kinds: readonly ManifestKind[]): Checked {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `expected an object with apiVersion, kind, metadata and spec, found ${describeFound(value)}`;
    return failed({ code: 'MANIFEST_INVALID', path: [], at: 'value', message });
  }
  const upgraded = upgradeManifest(value as Record<string, unknown>);
  if (!upgraded.ok)
    return failed({ code: 'MANIFEST_API_VERSION', path: ['apiVersion'], at: 'value', message: upgraded.message });
  const { kind } = upgraded.manifest;
  if (!isManifestKind(kind) || !kinds.includes(kind)) {
    const near = typeof kind === 'string' ? suggestion(kind, kinds).replace(/^; known.*/, '') : '';
    const message = `expected ${kinds.length === 1 ? '' : 'one of '}${kinds.join(', ')}, found ${describeFound(kind)}${near}`;
    return failed({ code: 'MANIFEST_KIND', path: ['kind'], at: 'value', message });
  }
  const result = MANIFEST_SCHEMAS[kind].safeParse(upgraded.manifest);
  if (!result.success) {
    const explained: Explained = { kind, value: upgraded.manifest, written: (path) => document?.written(path) };
    return { ok: false, problems: result.error.issues.flatMap((issue) => explain(issue, explained)) };
  }
  const problems = crossCheck(result.data);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, manifest: result.data };
}

function failed(problem: Problem): Checked {
  return { ok: false, problems: [problem] };
}

function repetition(manifest: Manifest, earlier: readonly Manifest[]): Problem[] {
  const { kind, metadata } = manifest;
  const index = earlier.findIndex((other) => sameObject(other, manifest));
  if (index === -1) return [];
  const message = `the ${kind} "${metadata.name}" is given twice in this file; expected it once`;
  return [{ code: 'MANIFEST_INVALID', path: ['metadata', 'name'], at: 'value', message }];
}

function located(problem: Problem, document: ReadDocument, file: string): ManifestError {
  const { code, path, message } = problem;
  return { code, file, ...document.place(path, problem.at), field: formatPath(path), message };
}

function byPlace(a: ManifestError, b: ManifestError): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function limited(errors: readonly ManifestError[], file: string): readonly ManifestError[] {
  if (errors.length <= MAX_ERRORS) return errors;
  const message = `${errors.length - MAX_ERRORS} more errors are not shown`;
  return [...errors.slice(0, MAX_ERRORS), { code: 'MANIFEST_INVALID', file, field: '', message }];
}
