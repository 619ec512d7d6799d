/** From what lies in an instance's directory and what the kernel says to what the provider reports. */
import type { ObservedInstance, ProviderObject } from '../../app/ports/provider.ts';
import { isAgentRunning } from './belonging.ts';
import type { InstanceMarks } from './belonging.ts';
import type { InstanceFolder } from './folder.ts';
import { isRunning } from './kernel.ts';
import type { ProcessIdentity } from './kernel.ts';

/**
 * Leaders of the instance's sessions and groups as recorded on this boot; those of an earlier boot are gone with it. An
 * agent counts while nothing speaks against it: one that runs must bear the marks, one that has ended cannot any more.
 */
export function leadersOf(folder: InstanceFolder, bootId: string): ProcessIdentity[] {
  const { spawned, record } = folder;
  const agents = [spawned, record]
    .filter((noted) => noted?.bootId === bootId)
    .map((noted) => noted!.agent)
    .filter((agent) => !isRunning(agent) || isAgentRunning(agent, marksOf(folder)));
  const application = record?.bootId === bootId ? record.application : undefined;
  return application === undefined ? agents : [...agents, application];
}

export function marksOf(folder: InstanceFolder): InstanceMarks {
  const { instance, user } = folder.document;
  return { instance, user, directory: folder.paths.directory, configuration: folder.paths.document };
}

/** The agent that runs now, by the records of this boot. */
export function runningAgent(folder: InstanceFolder, bootId: string): ProcessIdentity | undefined {
  const recorded = [folder.record, folder.spawned]
    .filter((record) => record?.bootId === bootId)
    .map((record) => record!.agent);
  return recorded.find((identity) => isAgentRunning(identity, marksOf(folder)));
}

/** Whether an agent was ever started here, on this boot or another. */
export function wasStarted(folder: InstanceFolder): boolean {
  return folder.spawned !== undefined || folder.record !== undefined;
}

export function stateOf(folder: InstanceFolder, agent: ProcessIdentity | undefined): ObservedInstance['state'] {
  if (agent === undefined) return 'gone';
  return folder.record?.agent.pid === agent.pid ? 'running' : 'starting';
}

/** Why an instance without a running agent is gone, as far as the records tell. */
export function goneDetail(folder: InstanceFolder, bootId: string): string {
  if (!wasStarted(folder)) return 'its agent was never started: the control plane ended in between';
  const booted = (folder.record ?? folder.spawned)?.bootId === bootId;
  return booted ? 'its agent has ended' : 'the machine was started again';
}

export function observed(
  folder: InstanceFolder,
  state: ObservedInstance['state'],
  detail: string | undefined,
): ObservedInstance {
  const { instance, cluster, tenant, application, alias, advertisedHost, ports, ordinal } = folder.document;
  const objects = volumeObjects(folder);
  return {
    instance,
    cluster,
    tenant,
    application,
    alias,
    state,
    host: advertisedHost,
    ports,
    ...(ordinal === undefined ? {} : { ordinal }),
    ...(objects.length === 0 ? {} : { objects }),
    ...(state !== 'gone' && folder.problem !== undefined
      ? { problem: { code: folder.problem.code, message: folder.problem.message } }
      : {}),
    ...(state === 'gone' && detail !== undefined ? { detail } : {}),
  };
}

/** Each volume with the size that is declared for it, which nothing holds it to. */
function volumeObjects({ document: { volumes = [], cartridge } }: InstanceFolder): ProviderObject[] {
  return volumes.map(({ name, path }) => {
    const declared = cartridge.spec.volumes?.find((volume) => volume.name === name);
    const size = declared === undefined ? '' : `, ${declared.sizeBytes} bytes declared`;
    return { kind: 'Volume', name: path, detail: `${name}${size}` };
  });
}
