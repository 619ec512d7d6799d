/** What a decider saw, row by row, with what it did not know. */
import { quantityOf } from '../../../chart/factors.ts';
import { formatFigure } from '../../../chart/format.ts';
import type { ClusterDecisionRecordQuery } from '../../../generated/operations.ts';

type Decision = NonNullable<ClusterDecisionRecordQuery['decision']>;
export type Situation = NonNullable<Decision['situation']>;
type Proposal = Pick<Decision['detail']['proposals'][number], 'factor' | 'perInstance' | 'forecast'>;

export interface Seen {
  readonly what: string;
  readonly value: string;
  /** Nobody had told it. */
  readonly isUnknown: boolean;
}

export function situationRows(situation: Situation, proposals: readonly Proposal[]): readonly Seen[] {
  const { sampleAgeSeconds, windowsFull, horizonSeconds, queued, errorShare } = situation;
  return [
    known('Age of the newest sample', sampleAgeSeconds, (seconds) => `${formatFigure(seconds)} s`, 'none had come'),
    seen('Windows of demand', windowsFull ? 'full' : 'not full yet'),
    seen('Looked ahead', `${formatFigure(horizonSeconds)} s`),
    ...proposals.map((proposal) => loadOf(proposal, situation.active)),
    known('Requests that came', situation.arrivalsPerSecond, perSecond, NO_BALANCER),
    known('Requests answered without an error', situation.throughputPerSecond, perSecond, NO_BALANCER),
    known('Requests that failed', errorShare, (share) => `${formatFigure(share * 100)} %`, NO_BALANCER),
    seen('Requests that were queued', formatFigure(queued)),
    seen('Instances', instancesOf(situation)),
    seen('Bounds of the policy', `${situation.minimum} to ${situation.maximum}`),
    seen('Allowed by the quota', situation.quota === null ? 'any number' : String(situation.quota)),
    seen('Room in the partitions', situation.room === null ? 'any number' : String(situation.room)),
    seen('Held by', heldBy(situation)),
  ];
}

const NO_BALANCER = 'no load balancer reported';

function seen(what: string, value: string): Seen {
  return { what, value, isUnknown: false };
}

function known(what: string, value: number | null, write: (value: number) => string, otherwise: string): Seen {
  return value === null ? { what, value: `not known: ${otherwise}`, isUnknown: true } : seen(what, write(value));
}

function perSecond(value: number): string {
  return `${formatFigure(value)}/s`;
}

/** The load against what the instances that served carry of it, without what does not divide among them. */
function loadOf({ factor, perInstance, forecast }: Proposal, active: number): Seen {
  const { title, unit } = quantityOf(factor);
  const figure = (value: number): string => `${formatFigure(value)}${unit}`;
  const carried = `${figure(perInstance * active)} that ${active === 1 ? '1 instance carries' : `${active} instances carry`}`;
  return known(title, forecast?.level ?? null, (level) => `${figure(level)}, against ${carried}`, 'too few values');
}

function instancesOf({ active, starting, failedStarting, unreachable }: Situation): string {
  const counts = [
    `${active} active`,
    `${starting} starting`,
    ...(failedStarting === 0 ? [] : [`${failedStarting} failed to start`]),
    ...(unreachable === 0 ? [] : [`${unreachable} unreachable`]),
  ];
  return counts.join(', ');
}

function heldBy({ paused, frozen, shadow, silenced }: Situation): string {
  const holds = [
    ...(paused ? ['a pause'] : []),
    ...(frozen ? ['a freeze of the platform'] : []),
    ...(shadow ? ['shadow mode'] : []),
    ...(silenced ? ['many instances that fell silent at once'] : []),
  ];
  return holds.length === 0 ? 'nothing' : holds.join(', ');
}
