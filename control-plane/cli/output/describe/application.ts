import type { GetApplicationQuery } from '../../generated/operations.ts';
import { NOTHING, figure, relative, word } from '../text.ts';
import { describe, type Line, type Printer } from '../printer.ts';
import { clusterColumns } from '../../nouns/clusters.ts';
import { labelsOf, labelsText } from '../../nouns/labels.ts';

type Application = NonNullable<GetApplicationQuery['application']>;
type Drain = Application['drains'][number];

/** An application and the state of its service clusters. */
export async function describeApplication(printer: Printer, application: Application, now: number): Promise<string> {
  const { deletingSince, blocked } = application;
  const lines: Line[] = [
    ['Application', application.name],
    ['Uid', application.uid],
    ['Tenant', application.tenant],
    ['Generation', String(application.generation)],
    ['URL', application.url ?? NOTHING],
    ...labelLines(application.manifest),
    ...loadBalancerLines(application.manifest),
    ['Created', `${application.createdAt} (${relative(application.createdAt, now)})`],
    ['Changed', `${application.updatedAt} (${relative(application.updatedAt, now)})`],
    ...(deletingSince === null ? [] : [['Being deleted', `since ${relative(deletingSince, now)}`] as const]),
    ...(blocked === null ? [] : [['Blocked', `since ${relative(blocked.since, now)}: ${blocked.message}`] as const]),
  ];
  const demand = application.clusters.flatMap((cluster) =>
    cluster.live.factors.map((factor): Line => {
      const forecast =
        factor.forecast === null
          ? ''
          : `, ${figure(factor.forecast.predicted)} in ${figure(factor.forecast.horizonSeconds)} s`;
      return [
        `  ${cluster.alias} ${factor.name}`,
        `${figure(factor.observed)} of ${figure(factor.capacity)}${forecast}`,
      ];
    }),
  );
  const drains = application.drains.map((drain) => drainLine(drain, now));
  const table = await printer.table(application.clusters, clusterColumns);
  return [
    describe(lines),
    '',
    table,
    ...(demand.length === 0 ? [] : ['', describe(['Demand, of the capacity at target', ...demand])]),
    ...(drains.length === 0 ? [] : ['', describe(['Drains', ...drains])]),
  ].join('\n');
}

/** Counts are those since the control plane started. */
function drainLine({ name, type, url, state, sent, dropped, behind, lastError }: Drain, now: number): Line {
  const error = lastError === null ? '' : `; last error ${relative(lastError.at, now)}: ${lastError.message}`;
  return [`  ${name}`, `${type} ${url}: ${word(state)}, ${sent} sent, ${dropped} dropped, ${behind} behind${error}`];
}

/** What its manifest says of its load balancer; nothing where that is nothing, or is not of this version. */
function loadBalancerLines(manifest: unknown): Line[] {
  const { spec } = (manifest ?? {}) as { spec?: { loadBalancer?: unknown } };
  const { trustedProxies, requestIdsFrom, accessLog } = (spec?.loadBalancer ?? {}) as Record<string, unknown>;
  return [
    ...(Array.isArray(trustedProxies) ? [['Trusted proxies', trustedProxies.join(', ') || 'none'] as const] : []),
    ...(typeof requestIdsFrom === 'string' ? [['Request ids from', requestIdsFrom] as const] : []),
    ...(typeof accessLog === 'string' ? [['Access log', accessLog] as const] : []),
  ];
}

function labelLines(manifest: unknown): Line[] {
  const text = labelsText(labelsOf(manifest));
  return text === NOTHING ? [] : [['Labels', text]];
}
