/** What somebody has filled in to deploy a repository. */
import { madeName, repositoryName } from '../../../../schema/manifests/made-name.ts';
import { draftOf, type Draft } from '../../components/schema-form/draft.ts';
import { BOUNDS, SETTINGS, VARIABLES } from './component.ts';

export type Follow = 'default' | 'branch' | 'tag' | 'commit';

export interface DeployDraft {
  readonly url: string;
  /** What of the repository is followed, and its name; the name is not used for the default branch. */
  readonly follow: Follow;
  readonly reference: string;
  readonly directory: string;
  /** Name of a credential; empty: the repository is public. */
  readonly credentials: string;
  readonly update: 'automatic' | 'manual';
  /** Empty: made of the repository's name. */
  readonly application: string;
  /** Empty: as the cartridge suggests. */
  readonly alias: string;
  readonly cartridge: string;
  readonly variables: Draft;
  readonly settings: Draft;
  readonly scaling: 'default' | 'bounds' | 'policy';
  readonly bounds: Draft;
  readonly policy: string;
  /** Name of a deployment policy; empty: none. */
  readonly deployment: string;
  /** Whether it began with what is stored of the component: what is empty then is to be taken away. */
  readonly isOfStored: boolean;
}

export const EMPTY: DeployDraft = {
  url: '',
  follow: 'default',
  reference: '',
  directory: '',
  credentials: '',
  update: 'automatic',
  application: '',
  alias: '',
  cartridge: '',
  variables: undefined,
  settings: undefined,
  scaling: 'default',
  bounds: undefined,
  policy: '',
  deployment: '',
  isOfStored: false,
};

/** A cartridge as far as a form needs to know it. */
export interface ChosenCartridge {
  readonly name: string;
  /** Kind Cartridge. */
  readonly manifest: unknown;
}

/** The names that it will have. */
export function namesOf(
  draft: Pick<DeployDraft, 'application' | 'alias' | 'url'>,
  cartridge: ChosenCartridge | undefined,
): { readonly application: string; readonly alias: string } {
  return {
    application: draft.application === '' ? madeName(repositoryName(draft.url)) : draft.application,
    alias: draft.alias !== '' ? draft.alias : cartridge === undefined || servesHttp(cartridge) ? 'web' : 'worker',
  };
}

function servesHttp({ manifest }: ChosenCartridge): boolean {
  const { spec } = (manifest ?? {}) as { spec?: { ports?: unknown } };
  return Array.isArray(spec?.ports) && spec.ports.some((port: { protocol?: unknown }) => port?.protocol === 'http');
}

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The draft that stands for a component of a stored application. */
export function draftOfComponent(application: string, component: Json): DeployDraft {
  const git = isJson(component.source) && isJson(component.source.git) ? component.source.git : {};
  const follow = (['branch', 'tag', 'commit'] as const).find((kind) => text(git[kind]) !== '') ?? 'default';
  const { autoscaling } = component;
  return {
    url: text(git.url),
    follow,
    reference: follow === 'default' ? '' : text(git[follow]),
    directory: text(git.directory),
    credentials: text(git.credentials),
    update: git.update === 'manual' ? 'manual' : 'automatic',
    application,
    alias: text(component.alias),
    cartridge: text(component.cartridge),
    variables: draftOf(VARIABLES, component),
    settings: draftOf(SETTINGS, withUnits(component)),
    scaling: typeof autoscaling === 'string' ? 'policy' : isJson(autoscaling) ? 'bounds' : 'default',
    bounds: draftOf(BOUNDS, autoscaling),
    policy: text(autoscaling),
    deployment: text(component.deployment),
    isOfStored: true,
  };
}

/** What the cartridge has where the component says nothing, of the shape of {@link SETTINGS}. */
export function fallbacksOf(cartridge: ChosenCartridge | undefined): {
  readonly settings: Json;
  readonly variables: Json;
} {
  const spec = isJson(cartridge?.manifest) && isJson(cartridge.manifest.spec) ? cartridge.manifest.spec : {};
  const { concurrency, resources } = withUnits(spec);
  const variables = isJson(spec.environment) && Object.keys(spec.environment).length > 0 ? spec.environment : undefined;
  return {
    settings: { concurrency, resources },
    variables: { environment: variables },
  };
}

/** Bytes are stored as numbers, and written with a unit by people. */
function withUnits(component: Json): Json {
  const { resources } = component;
  if (!isJson(resources) || typeof resources.memoryBytes !== 'number') return component;
  return { ...component, resources: { ...resources, memoryBytes: writtenBytes(resources.memoryBytes) } };
}

/** `128Mi` for 134,217,728; the number itself where no unit fits. */
export function writtenBytes(bytes: number): string | number {
  for (const [unit, size] of [
    ['Gi', 1024 ** 3],
    ['Mi', 1024 ** 2],
    ['Ki', 1024],
  ] as const)
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  return bytes;
}
