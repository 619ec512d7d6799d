import { textsIn } from '../../shell/search.ts';

/**
 * With a build: the deployment that is followed. Without: the component whose settings the form begins with, or the cartridge that it is
 * to run on.
 */
export interface DeploySearch {
  readonly application?: string;
  readonly alias?: string;
  /** Uid. */
  readonly build?: string;
  readonly cartridge?: string;
}

export function deploySearch(given: Record<string, unknown>): DeploySearch {
  return textsIn(given, ['application', 'alias', 'build', 'cartridge']);
}
