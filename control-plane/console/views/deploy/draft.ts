/** What somebody has filled in to deploy a repository. */
import { madeName, repositoryName } from '../../../../schema/manifests/made-name.ts';
import { draftOf, type Draft } from '../../components/schema-form/draft.ts';
import { BOUNDS, SETTINGS, VARIABLES } from '../../manifests/component.ts';
import { isJson, servesHttp, withUnits, type ChosenCartridge, type Json } from '../../manifests/cartridge.ts';

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
