/** What the agent of an instance is told of its cartridge. */
import { dirname } from 'node:path';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { ClusterPlan } from './cluster-state.ts';

/** `image`: what its release was made with; that of the cartridge as it is if absent. */
export function cartridgeDocument({ cartridge, spec }: ClusterPlan, image?: string): InstanceDocument['cartridge'] {
  const { name, directory, digest } = cartridge;
  const run = image === undefined ? spec : { ...spec, image };
  return { name, directory, spec: run, ...(digest === null ? {} : { versions: dirname(directory) }) };
}
