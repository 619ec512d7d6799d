/** `export`: the manifests of what there is, as `apply` takes them. */
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { Caller, ListCartridges } from '../generated/operations.ts';
import { print, say } from '../io.ts';
import { pluralOf } from '../nouns/all.ts';
import { listApplications } from '../nouns/applications.ts';
import { labelsOf, matches, parseSelector } from '../nouns/labels.ts';
import { listPolicies, manifestKind } from '../nouns/policies.ts';
import { parseNamed } from '../references.ts';
import { referenceOf } from './apply.ts';

/** What one `apply` takes of a file. */
const LARGEST_BYTES = 1024 * 1024;

interface Exported {
  readonly kind: string;
  readonly name: string;
  readonly manifest: unknown;
}

type Source = (session: Session) => Promise<readonly Exported[]>;

/** By the plural of the noun; in the order in which one builds on the other. */
const SOURCES: Readonly<Record<string, Source>> = {
  cartridges: async ({ client }) =>
    (await client.query(ListCartridges, {})).cartridges
      .filter(({ manifest }) => isApplied(manifest))
      .map(({ name, manifest }) => ({ kind: 'Cartridge', name, manifest })),
  policies: policiesOf,
  autoscalingpolicies: async (session) =>
    (await policiesOf(session)).filter(({ kind }) => kind === 'AutoscalingPolicy'),
  deploymentpolicies: async (session) => (await policiesOf(session)).filter(({ kind }) => kind === 'DeploymentPolicy'),
  applications: async (session) =>
    (await listApplications(session, true))
      // What is being deleted would be refused, or made again.
      .filter(({ deletingSince }) => deletingSince === null)
      .map(({ name, manifest }) => ({ kind: 'Application', name, manifest })),
};

export interface ExportOptions {
  readonly selector?: string;
}

/** @param words nothing (all that the caller may apply again), a noun, or a noun and names, or `noun/name` */
export async function exportManifests(
  session: Session,
  words: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const selector = options.selector === undefined ? [] : parseSelector(options.selector, '--selector');
  const found = (await chosen(session, words)).filter(({ manifest }) => matches(labelsOf(manifest), selector));
  const { printer, io } = session;
  if (printer.format === 'name') return printer.list(found, [], '', referenceOf);
  if (printer.format === 'json') return printer.value(found.map(({ manifest }) => manifest));
  if (found.length === 0) return say(io, 'there is nothing to export');
  const { toYaml } = await import('../output/yaml.ts');
  const text = found.map(({ manifest }) => toYaml(manifest)).join('---\n');
  print(io, text.trimEnd());
  if (Buffer.byteLength(text) > LARGEST_BYTES)
    say(io, 'this is more than apply takes of one file (1 MiB): export one kind, or name, at a time');
}

async function chosen(session: Session, words: readonly string[]): Promise<readonly Exported[]> {
  const [word] = words;
  if (word === undefined) return everything(session);
  if (words.length === 1 && !word.includes('/')) return sourceOf(word)(session);
  const found: Exported[] = [];
  for (const { kind, name } of parseNamed(words)) {
    const named = (await sourceOf(kind)(session)).filter((exported) => exported.name === name);
    if (named.length === 0) throw notFound(`there is no ${kind} "${name}" that can be exported`);
    found.push(...named);
  }
  return found;
}

/** Cartridges are the platform's, and only operators can apply them. */
async function everything(session: Session): Promise<readonly Exported[]> {
  const { caller } = await session.client.query(Caller, {});
  const kinds = [...(caller.role === 'OPERATOR' ? ['cartridges'] : []), 'policies', 'applications'];
  const found: Exported[] = [];
  for (const kind of kinds) found.push(...(await sourceOf(kind)(session)));
  return found;
}

function sourceOf(word: string): Source {
  const source = SOURCES[pluralOf(word) ?? ''];
  if (source !== undefined) return source;
  throw usage(`"${word}" has no manifests to export; these have: ${Object.keys(SOURCES).join(', ')}`);
}

async function policiesOf(session: Session): Promise<readonly Exported[]> {
  return (await listPolicies(session)).map(({ kind, name, manifest }) => ({
    kind: manifestKind(kind),
    name,
    manifest,
  }));
}

/** Cartridges without an image are installed as folders beside the control plane, and not applied. */
function isApplied(manifest: unknown): boolean {
  const { spec } = (manifest ?? {}) as { spec?: { image?: unknown } };
  return typeof spec?.image === 'string';
}
