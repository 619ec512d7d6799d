/** The nouns of `get`, by the words that people type. Each is loaded when it is asked for. */
import { usage } from '../exit.ts';
import type { AnyNoun } from './noun.ts';

const LOAD: Readonly<Record<string, () => Promise<AnyNoun>>> = {
  applications: async () => (await import('./applications.ts')).applications,
  clusters: async () => (await import('./clusters.ts')).clusters,
  instances: async () => (await import('./instances.ts')).instances,
  releases: async () => (await import('./releases.ts')).releases,
  rollouts: async () => (await import('./rollouts.ts')).rollouts,
  builds: async () => (await import('./builds.ts')).builds,
  tasks: async () => (await import('./tasks.ts')).tasks,
  policies: async () => (await import('./policies.ts')).policies,
  cartridges: async () => (await import('./cartridges.ts')).cartridges,
  tokens: async () => (await import('./tokens.ts')).tokens,
  tenants: async () => (await import('./tenants.ts')).tenants,
  decisions: async () => (await import('./decisions.ts')).decisions,
  events: async () => (await import('./events.ts')).events,
};

const NOUNS = Object.keys(LOAD);

const SYNONYMS: Readonly<Record<string, string>> = { app: 'applications', apps: 'applications', policy: 'policies' };

/** The plural of a word for a noun, whether or not there is such a noun. */
export function pluralOf(text: string): string {
  return SYNONYMS[text] ?? (text.endsWith('s') ? text : `${text}s`);
}

/** By its plural or singular. Throws a usage error with the nouns that there are. */
export async function loadNoun(text: string): Promise<AnyNoun> {
  const plural = pluralOf(text);
  const load = Object.hasOwn(LOAD, plural) ? LOAD[plural] : undefined;
  if (load === undefined) throw usage(`there is nothing called "${text}" here; there are ${NOUNS.join(', ')}`);
  return load();
}
