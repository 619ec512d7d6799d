/** From what was filled in to the manifest that is applied, with everything that is wrong with it. */
import { readDraft, type Fault } from '../../components/schema-form/draft.ts';
import { faultsOf } from '../../manifests/check.ts';
import { BOUNDS, SETTINGS, VARIABLES } from '../../manifests/component.ts';
import { isJson, type ChosenCartridge, type Json } from '../../manifests/cartridge.ts';
import { namesOf, type DeployDraft } from './draft.ts';

/** The application of that name as it is stored. */
export interface StoredApplication {
  readonly generation: number;
  readonly manifest: unknown;
}

/** What applying the manifest does. */
type Effect =
  | { readonly kind: 'new-application' }
  | { readonly kind: 'new-component' }
  | { readonly kind: 'changed-component'; readonly component: Json };

export interface Written {
  readonly application: string;
  readonly alias: string;
  readonly manifest: Json;
  readonly effect: Effect;
  /** Refused unless the stored application has this generation; 0: there must be none. */
  readonly expectedGeneration: number;
  /** With paths from the component; those of the application's name begin with `application`. */
  readonly faults: readonly Fault[];
}

/** What of a component the form asks for; anything else that is stored of it stays. */
const ASKED = [
  'source',
  'environment',
  'concurrency',
  'resources',
  'start',
  'readiness',
  'routes',
  'logs',
  'autoscaling',
  'deployment',
];

/** @param stored null: there is no application of that name */
export function writeManifest(
  draft: DeployDraft,
  stored: StoredApplication | null,
  cartridge: ChosenCartridge | undefined,
): Written {
  const { application, alias } = namesOf(draft, cartridge);
  const before = componentsOf(stored);
  const present = before.find((component) => component.alias === alias);
  // What runs on a cartridge stays on it: another one needs another alias.
  const chosen = draft.cartridge !== '' || present === undefined ? draft.cartridge : String(present.cartridge);
  const filled = { ...draft, alias, cartridge: chosen };
  const { component, faults } = componentFrom(filled, present);
  const index = present === undefined ? before.length : before.indexOf(present);
  const components = [...before];
  components[index] = component;
  const base = isJson(stored?.manifest) ? stored.manifest : {};
  const manifest = {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    ...base,
    metadata: { ...(isJson(base.metadata) ? base.metadata : {}), name: application },
    spec: { ...(isJson(base.spec) ? base.spec : {}), components },
  };
  const said = [...missing(filled, application), ...faults];
  return {
    application,
    alias,
    manifest,
    effect: effectOf(stored, present),
    expectedGeneration: stored?.generation ?? 0,
    faults: [...said, ...within(faultsOf(manifest, 'Application'), index).filter((fault) => !isSaid(fault, said))],
  };
}

/** The components as they are stored; null: there is no application. */
export function componentsOf(stored: Pick<StoredApplication, 'manifest'> | null): readonly Json[] {
  const { spec } = (isJson(stored?.manifest) ? stored.manifest : {}) as { spec?: { components?: unknown } };
  return Array.isArray(spec?.components) ? spec.components.filter(isJson) : [];
}

function effectOf(stored: StoredApplication | null, present: Json | undefined): Effect {
  if (stored === null) return { kind: 'new-application' };
  return present === undefined ? { kind: 'new-component' } : { kind: 'changed-component', component: present };
}

function componentFrom(
  draft: DeployDraft,
  present: Json | undefined,
): { readonly component: Json; readonly faults: readonly Fault[] } {
  const variables = readDraft(VARIABLES, draft.variables);
  const settings = readDraft(SETTINGS, draft.settings);
  const bounds = readDraft(BOUNDS, draft.bounds);
  const kept = Object.entries(present ?? {}).filter(([name]) => !(draft.isOfStored && ASKED.includes(name)));
  const { autoscaling, faults } = scaling(draft, bounds, present);
  const component = {
    kind: 'cartridge',
    alias: draft.alias,
    cartridge: draft.cartridge,
    ...Object.fromEntries(kept.filter(([name]) => !['kind', 'alias', 'cartridge'].includes(name))),
    source: { git: gitOf(draft) },
    ...(variables.value as Json | undefined),
    ...(settings.value as Json | undefined),
    ...(autoscaling === undefined ? {} : { autoscaling }),
    ...(draft.deployment === '' ? {} : { deployment: draft.deployment }),
  };
  return { component, faults: [...variables.faults, ...settings.faults, ...faults] };
}

function gitOf({ url, follow, reference, directory, credentials, update }: DeployDraft): Json {
  return {
    url: url.trim(),
    ...(follow === 'default' || reference === '' ? {} : { [follow]: reference }),
    ...(directory === '' ? {} : { directory }),
    ...(credentials === '' ? {} : { credentials }),
    ...(update === 'automatic' ? {} : { update }),
  };
}

function scaling(
  draft: DeployDraft,
  { value, faults }: ReturnType<typeof readDraft>,
  present: Json | undefined,
): { readonly autoscaling: unknown; readonly faults: readonly Fault[] } {
  switch (draft.scaling) {
    case 'default':
      return { autoscaling: undefined, faults: [] };
    case 'policy':
      return {
        autoscaling: draft.policy === '' ? undefined : draft.policy,
        faults: draft.policy === '' ? [needed('autoscaling')] : [],
      };
    case 'bounds': {
      // A policy that is written in the manifest says more than its bounds; that stays.
      const rest = isJson(present?.autoscaling) ? Object.entries(present.autoscaling) : [];
      const others = rest.filter(([name]) => name !== 'minimum' && name !== 'maximum');
      const autoscaling = { ...Object.fromEntries(others), ...(value as Json | undefined) };
      return {
        autoscaling: Object.keys(autoscaling).length === 0 ? undefined : autoscaling,
        faults: faults.map((fault) => ({ ...fault, path: ['autoscaling', ...fault.path] })),
      };
    }
  }
}

function needed(...path: (string | number)[]): Fault {
  return { path, message: 'This is needed.', isMissing: true };
}

function missing({ url, follow, reference, cartridge }: DeployDraft, application: string): Fault[] {
  return [
    ...(url.trim() === '' ? [needed('source', 'git', 'url')] : []),
    ...(follow !== 'default' && reference === '' ? [needed('source', 'git', 'reference')] : []),
    ...(cartridge === '' ? [needed('cartridge')] : []),
    ...(application === '' ? [needed('application')] : []),
  ];
}

const REFERENCES: readonly unknown[] = ['branch', 'tag', 'commit'];

/** Faults of the manifest, with the paths of the form. */
function within(faults: readonly Fault[], index: number): Fault[] {
  return faults.map((fault) => ({ ...fault, path: formPath(fault.path, index) }));
}

/** @param index of the component within its application */
export function formPath(path: Fault['path'], index: number): Fault['path'] {
  if (path[0] === 'metadata' && path[1] === 'name') return ['application'];
  if (path[0] !== 'spec' || path[1] !== 'components' || path[2] !== index) return path;
  const inside = path.slice(3);
  return inside[0] === 'source' && REFERENCES.includes(inside[2]) ? ['source', 'git', 'reference'] : inside;
}

/** Whether there is a word on it already. */
function isSaid({ path }: Fault, said: readonly Fault[]): boolean {
  const place = JSON.stringify(path);
  return said.some((other) => JSON.stringify(other.path) === place);
}
