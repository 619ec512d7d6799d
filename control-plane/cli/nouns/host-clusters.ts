import type { Session } from '../client/session.ts';
import {
  GetHostCluster,
  ListHostClusters,
  type HostClusterFieldsFragment as HostCluster,
} from '../generated/operations.ts';
import { probeText, roomText, stateText } from '../output/describe/host-cluster.ts';
import type { Reference } from '../output/printer.ts';
import { brief, NOTHING, relative } from '../output/text.ts';
import { noun } from './noun.ts';

export const hostClusterReference: Reference<HostCluster> = ({ name }) => `hostcluster/${name}`;

/** `undefined`: there is none of that name. */
export async function findHostCluster({ client }: Session, name: string): Promise<HostCluster | undefined> {
  return (await client.query(GetHostCluster, { name })).hostCluster ?? undefined;
}

export const hostClusters = noun<HostCluster>({
  plural: 'host clusters',
  reference: hostClusterReference,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    {
      title: 'STATE',
      value: ({ status, drainingSince }) => `${stateText(status)}${drainingSince === null ? '' : ', draining'}`,
    },
    { title: 'VERSION', value: ({ status }) => status.version ?? NOTHING },
    {
      title: 'NODES',
      value: ({ status: { usableNodes, nodes } }) => (nodes === null ? NOTHING : `${usableNodes ?? 0}/${nodes}`),
    },
    { title: 'ROOM', value: ({ status }) => roomText(status) },
    { title: 'PROBE', value: ({ probe }) => probe.state.toLowerCase() },
    {
      title: 'LAST ERROR',
      value: ({ status: { failure } }) => (failure === null ? NOTHING : brief(failure.message)),
    },
    { title: 'SERVER', value: ({ server }) => server, isWide: true },
    { title: 'PROBED', value: ({ probe }) => brief(probeText(probe)), isWide: true },
    { title: 'CREDENTIAL ENDS', value: ({ credentialEndsAt }, now) => relative(credentialEndsAt, now), isWide: true },
    { title: 'REGISTERED', value: ({ createdAt }, now) => relative(createdAt, now), isWide: true },
    { title: 'UID', value: ({ uid }) => uid, isWide: true },
  ],
  list: async ({ client }) => (await client.query(ListHostClusters, {})).hostClusters,
  find: findHostCluster,
});
