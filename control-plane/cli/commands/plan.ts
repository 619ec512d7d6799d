/** `plan`: where the next instances of a service cluster would go, and why. Changes nothing. */
import type { Session } from '../client/session.ts';
import { notFound } from '../exit.ts';
import { PlanPlacement, type PlacementFieldsFragment } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import type { Column, Printer } from '../output/printer.ts';
import { NOTHING } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';

const MOST = 1000;

type Partition = PlacementFieldsFragment['partitions'][number];

const COLUMNS: readonly Column<Partition>[] = [
  { title: 'PARTITION', value: ({ partition }) => partition },
  { title: 'HOST CLUSTER', value: ({ hostCluster }) => hostCluster },
  {
    title: 'INSTANCES',
    value: ({ instances, lost }) => `${instances}${lost === 0 ? '' : `, ${lost} lost`}`,
  },
  { title: 'MAXIMUM', value: ({ maximum }) => (maximum === null ? NOTHING : String(maximum)) },
  { title: 'ROOM', value: ({ room }) => String(room) },
  { title: 'NEW ONES', value: ({ closed }) => (closed === null ? 'yes' : `no: ${closed}`) },
];

export async function plan(session: Session, target: string, options: { readonly instances?: string }): Promise<void> {
  const instances = options.instances === undefined ? null : parseWhole(options.instances, '--instances', 0, MOST);
  const ref = await resolveTarget(session, target);
  const { serviceCluster } = await session.client.query(PlanPlacement, { ref, instances });
  if (serviceCluster === null) throw notFound(`there is no service cluster "${target}"`);
  const { applicationName, alias, placement } = serviceCluster;
  const { printer } = session;
  await printer.one(placement, async () =>
    [
      `${applicationName}/${alias}: ${placement.algorithm}, ${placement.policy === null ? 'without a deployment policy' : `deployment policy ${placement.policy}`}`,
      await partitionTable(printer, placement),
      ...planLines(placement),
    ].join('\n'),
  );
}

export async function partitionTable(printer: Printer, { partitions }: PlacementFieldsFragment): Promise<string> {
  return partitions.length === 0 ? 'no partition: there is no host cluster' : printer.table(partitions, COLUMNS);
}

function planLines({ instances, next, leaving, unplaced }: PlacementFieldsFragment): string[] {
  const lines = [
    ...next.map(({ hostCluster, partition, why }) => `  + ${partition} on ${hostCluster}: ${why}`),
    ...leaving.map(({ hostCluster, partition }) => `  - ${partition} on ${hostCluster}`),
    ...(unplaced === 0 ? [] : [`  ${unplaced} would find no place`]),
  ];
  return [
    `For ${instances} ${instances === 1 ? 'instance' : 'instances'} in all:`,
    ...(lines.length === 0 ? ['  nothing changes'] : lines),
  ];
}
