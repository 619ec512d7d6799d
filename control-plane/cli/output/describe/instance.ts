import type { GetInstanceQuery } from '../../generated/operations.ts';
import { NOTHING, figure, percent, relative, size, word } from '../text.ts';
import { describe, type Line } from '../printer.ts';

type Instance = NonNullable<GetInstanceQuery['instance']>;

/** An instance, its last sample and what its agent found at birth. */
export function describeInstance(instance: Instance, now: number): string {
  const { live, reason, hookFailure, inventory, lifecycle } = instance;
  const lines: Line[] = [
    ['Instance', instance.uid],
    ['Service cluster', `${instance.applicationName}/${instance.alias}`],
    ['Tenant', instance.tenant],
    ['State', `${word(instance.state)}${instance.unreachable ? ', unreachable' : ''}`],
    ...(reason === null ? [] : [['Reason', `${reason.code}: ${reason.message}`] as const]),
    ...(hookFailure === null
      ? []
      : [['Hook failed', `${hookFailure.message}, ${relative(hookFailure.at, now)}`] as const]),
    ['Address', instance.host === null || instance.port === null ? NOTHING : `${instance.host}:${instance.port}`],
    ['Release', instance.release === null ? NOTHING : String(instance.release.number)],
    ['Created', when(instance.createdAt, now)],
    ['Active', when(instance.activeAt, now)],
    ['Terminated', when(instance.terminatedAt, now)],
    ['Up', `${figure(lifecycle.upSeconds)} s; down ${figure(lifecycle.downSeconds)} s`],
    ['Asked for by', instance.cause ?? NOTHING],
    ['Load', percent(live.loadAverage)],
    ['Memory', `${percent(live.memory)} (${size(live.memoryBytes)})`],
    ['In flight', figure(live.requestsInFlight)],
    ['Last sample', live.sampleAgeSeconds === null ? NOTHING : `${figure(live.sampleAgeSeconds)} s ago`],
    ['Clock', live.clockSkewSeconds === null ? NOTHING : `${figure(live.clockSkewSeconds)} s ahead`],
  ];
  const found = typeof inventory === 'object' && inventory !== null ? Object.entries(inventory) : [];
  const inventoryLines = found.map(([name, value]): Line => [`  ${name}`, String(value)]);
  const changes = lifecycle.changes.map((change): Line => [
    `  ${change.at}`,
    `${change.to}${change.reason === null ? '' : ` (${change.reason.code}: ${change.reason.message})`}${change.cause === null ? '' : `, by ${change.cause}`}`,
  ]);
  lines.push('Life', ...changes);
  return describe([...lines, ...(found.length === 0 ? [] : ['Inventory', ...inventoryLines])]);
}

function when(time: string | null, now: number): string {
  return time === null ? NOTHING : `${time} (${relative(time, now)})`;
}
