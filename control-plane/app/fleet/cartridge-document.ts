/** What the agent of an instance is told of its cartridge. */
import { dirname } from 'node:path';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { ClusterPlan } from './cluster-state.ts';

export function cartridgeDocument({ cartridge, spec }: ClusterPlan): InstanceDocument['cartridge'] {
  const { name, directory, digest } = cartridge;
  return { name, directory, spec, ...(digest === null ? {} : { versions: dirname(directory) }) };
}
