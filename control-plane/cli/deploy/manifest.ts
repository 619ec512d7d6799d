/** Application manifests as far as `deploy` reads, makes and changes them; checking them is the control plane's. */
import { parseAllDocuments } from 'yaml';
import { madeName } from '../../../schema/manifests/made-name.ts';
import { usage } from '../exit.ts';

export interface GitSource {
  readonly url: string;
  readonly branch?: string;
}

export interface Component {
  readonly alias: string;
  readonly cartridge: string | undefined;
  /** URL of its Git repository, where its source is one. */
  readonly gitUrl: string | undefined;
}

export interface ApplicationOutline {
  readonly name: string;
  readonly tenant: string | undefined;
  readonly components: readonly Component[];
  /** The whole manifest. */
  readonly manifest: unknown;
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The applications among the documents of a file that the control plane has found valid. */
export function applicationsIn(manifests: string): ApplicationOutline[] {
  return parseAllDocuments(manifests).flatMap((document) => {
    const value: unknown = document.toJS();
    return outline(value) ?? [];
  });
}

/** `undefined` for what is no application. */
export function outline(manifest: unknown): ApplicationOutline | undefined {
  if (!isObject(manifest) || manifest.kind !== 'Application' || !isObject(manifest.metadata)) return undefined;
  const name = text(manifest.metadata.name);
  if (name === undefined) return undefined;
  const listed = isObject(manifest.spec) ? manifest.spec.components : undefined;
  const components = Array.isArray(listed)
    ? listed.filter(isObject).flatMap((component) => componentOf(component) ?? [])
    : [];
  return { name, tenant: text(manifest.metadata.tenant), components, manifest };
}

function componentOf(component: Json): Component | undefined {
  const alias = text(component.alias);
  if (alias === undefined) return undefined;
  const git = isObject(component.source) && isObject(component.source.git) ? component.source.git : undefined;
  return { alias, cartridge: text(component.cartridge), gitUrl: text(git?.url) };
}

/** A manifest of one component, as a person would write it. */
export function makeManifest(application: {
  readonly name: string;
  readonly alias: string;
  readonly cartridge: string;
  readonly git: GitSource | undefined;
}): unknown {
  const { name, alias, cartridge, git } = application;
  return {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name },
    spec: { components: [{ kind: 'cartridge', alias, cartridge, ...(git === undefined ? {} : { source: { git } }) }] },
  };
}

/** At most one of them may stand beside the URL. */
const REFERENCES = new Set(['branch', 'tag', 'commit']);

/** The manifest with another Git source for one component; what else its source says is kept. */
export function withGitSource(manifest: unknown, alias: string, git: GitSource): unknown {
  const copy = structuredClone(manifest) as { spec: { components: Json[] } };
  for (const component of copy.spec.components) {
    if (component.alias !== alias) continue;
    const kept = Object.entries(gitOf(component)).filter(([key]) => !REFERENCES.has(key));
    component.source = { git: { ...Object.fromEntries(kept), ...git } };
  }
  return copy;
}

function gitOf(component: Json): Json {
  return isObject(component.source) && isObject(component.source.git) ? component.source.git : {};
}

/** A valid name made of that of a folder or repository. Throws a usage error when nothing of it can be used. */
export function makeName(from: string): string {
  const name = madeName(from);
  if (name === '') throw usage(`"${from}" gives no name for an application: add --name NAME`);
  return name;
}
