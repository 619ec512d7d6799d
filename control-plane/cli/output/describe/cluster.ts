import type { GetServiceClusterQuery } from '../../generated/operations.ts';
import { control, freezeText } from '../../nouns/clusters.ts';
import { instanceColumns } from '../../nouns/instances.ts';
import { NOTHING, figure, relative, word } from '../text.ts';
import { describe, type Line, type Printer } from '../printer.ts';

type ServiceCluster = NonNullable<GetServiceClusterQuery['serviceCluster']>;

/** A service cluster: what it should be, what it is, and why. */
export async function describeCluster(printer: Printer, cluster: ServiceCluster, now: number): Promise<string> {
  const { live, override, stopped, paused, blocked, frozen } = cluster;
  const rollout = cluster.rollouts.edges.at(-1)?.node;
  const lines: Line[] = [
    ['Service cluster', `${cluster.applicationName}/${cluster.alias}`],
    ['Uid', cluster.uid],
    ['Tenant', cluster.tenant],
    ['Cartridge', cluster.cartridge],
    ['Instances', `${cluster.wanted} wanted, ${live.active} active, ${live.starting} starting, ${live.faulty} faulty`],
    ['Release', releaseLine(cluster)],
    ...gitLines(cluster, now),
    ['Control', control(cluster, now)],
    ...(blocked === null ? [] : [['Blocked', `since ${relative(blocked.since, now)}: ${blocked.message}`] as const]),
    ...(stopped === null
      ? []
      : [['Stopped', `by ${stopped.by} ${relative(stopped.since, now)}: ${stopped.reason}`] as const]),
    ...(override === null
      ? []
      : [['Manual number', `by ${override.by} ${relative(override.createdAt, now)}: ${override.reason}`] as const]),
    ...(paused === null
      ? []
      : [['Paused', `by ${paused.by} ${relative(paused.since, now)}: ${paused.reason}`] as const]),
    ...(frozen === null ? [] : [['Platform frozen', freezeText(frozen, now)] as const]),
    ['Requests', requestsLine(live)],
    ['Starts', startsLine(cluster.startSeconds)],
    ...(rollout === undefined
      ? []
      : [
          [
            'Last roll-out',
            `${word(rollout.state)}${rollout.reason === null ? '' : `: ${rollout.reason.message}`}`,
          ] as const,
        ]),
  ];
  const factors = live.factors.map((factor): Line => {
    const { forecast } = factor;
    const ahead =
      forecast === null
        ? 'no forecast yet'
        : `${figure(forecast.predicted)} ± ${figure(forecast.error)} in ${figure(forecast.horizonSeconds)} s (${figure(forecast.slope)}/s, ${figure(forecast.acceleration)}/s²)`;
    return [
      `  ${factor.name}`,
      `${figure(factor.observed)} of ${figure(factor.capacity)} at target ${figure(factor.target)}; ${ahead}`,
    ];
  });
  const instances = cluster.instances.edges.map((edge) => edge.node);
  const decisions = cluster.decisions.edges.map((edge): Line => [
    `  ${relative(edge.node.lastAt, now)}`,
    edge.node.sentence,
  ]);
  return [
    describe(lines),
    ...section('Demand', factors),
    ...(instances.length === 0 ? [] : ['', await printer.table(instances, instanceColumns)]),
    ...section('Last decisions', decisions),
  ].join('\n');
}

function section(title: string, lines: readonly Line[]): string[] {
  return lines.length === 0 ? [] : ['', describe([title, ...lines])];
}

function requestsLine({ throughputPerSecond, queued, throttledPerSecond }: ServiceCluster['live']): string {
  const served = `${figure(throughputPerSecond)} per second, ${figure(queued)} queued`;
  const throttled = throttledPerSecond ?? 0;
  return throttled > 0 ? `${served}, ${figure(throttled)} per second refused by limits` : served;
}

function releaseLine({ stableRelease, candidateRelease }: ServiceCluster): string {
  const stable = stableRelease === null ? NOTHING : String(stableRelease.number);
  return candidateRelease === null ? stable : `${stable}, being replaced by ${candidateRelease.number}`;
}

/** Where its commits come from, and why they do not. */
function gitLines({ gitSource }: ServiceCluster, now: number): Line[] {
  if (gitSource === null) return [];
  const { url, update, lastCheckedAt, problem } = gitSource;
  const checked = lastCheckedAt === null ? 'not checked yet' : `checked ${relative(lastCheckedAt, now)}`;
  return [
    ['Git source', `${url} (${word(update)}, ${checked})`],
    ...(problem === null
      ? []
      : [['Source unreadable', `since ${relative(problem.since, now)}: ${problem.message}`] as const]),
  ];
}

function startsLine(seconds: readonly number[]): string {
  if (seconds.length === 0) return 'none measured yet';
  const median = [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? 0;
  return `median ${figure(median)} s of the last ${seconds.length}`;
}
