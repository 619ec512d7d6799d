/** The nouns of `get` and `describe`, by the words that people type. Each is loaded when it is asked for. */
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
  routes: async () => (await import('./routes.ts')).routes,
  policies: async () => (await import('./policies.ts')).policies,
  autoscalingpolicies: async () => (await import('./policies.ts')).autoscalingPolicies,
  deploymentpolicies: async () => (await import('./policies.ts')).deploymentPolicies,
  cartridges: async () => (await import('./cartridges.ts')).cartridges,
  variables: async () => (await import('./variables.ts')).variables,
  secrets: async () => (await import('./secrets.ts')).secrets,
  certificates: async () => (await import('./certificates.ts')).certificates,
  credentials: async () => (await import('./credentials.ts')).credentials,
  webhooks: async () => (await import('./webhooks.ts')).webhooks,
  notices: async () => (await import('./notices.ts')).notices,
  tokens: async () => (await import('./tokens.ts')).tokens,
  tenants: async () => (await import('./tenants.ts')).tenants,
  quotas: async () => (await import('./quotas.ts')).quotas,
  hostclusters: async () => (await import('./host-clusters.ts')).hostClusters,
  decisions: async () => (await import('./decisions.ts')).decisions,
  events: async () => (await import('./events.ts')).events,
};

/** In the plural, as `get` lists them. */
export const NOUNS: readonly string[] = Object.keys(LOAD);

const SYNONYMS: Readonly<Record<string, string>> = { app: 'applications', apps: 'applications' };

/** The plural of a word that names a noun, in whichever number and case; `undefined`: there is no such noun. */
export function pluralOf(text: string): string | undefined {
  const word = text.toLowerCase();
  const candidates = [SYNONYMS[word], word, `${word}s`, word.replace(/y$/, 'ies')];
  return candidates.find((candidate) => candidate !== undefined && Object.hasOwn(LOAD, candidate));
}

/** As it stands before a name. */
export function singularOf(plural: string): string {
  return plural.replace(/ies$/, 'y').replace(/s$/, '');
}

/** By its plural or singular. Throws a usage error with the nouns that there are. */
export async function loadNoun(text: string): Promise<AnyNoun> {
  const plural = pluralOf(text);
  if (plural !== undefined) return LOAD[plural]!();
  const { nearest } = await import('../../../schema/manifests/suggest.ts');
  const near = nearest(text.toLowerCase(), NOUNS);
  throw usage(
    `there is nothing called "${text}" to get${near === undefined ? '' : ` (did you mean ${near}?)`}; there are ${NOUNS.join(', ')}`,
  );
}
