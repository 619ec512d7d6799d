/**
 * What of a service cluster needs a person, the most urgent first. Each rule is a small pure function that returns what it has to
 * say, or nothing; a new one is one entry of {@link RULES}.
 */
import { formatCount, formatNumber } from '../autoscaling/format.ts';
import type { Clamp, ClampCode } from '../autoscaling/decision.ts';
import type { Condition } from './condition.ts';

/** `critical`: requests are being lost, or will be. `warning`: somebody should look today. `info`: good to know. */
export type Severity = 'critical' | 'warning' | 'info';

export interface Attention {
  /** Registered; more can come. */
  readonly code: string;
  readonly severity: Severity;
  /** What is so and, where there is something to do, what. For a person. */
  readonly sentence: string;
}

type Said = Omit<Attention, 'code'>;
type Rule = (condition: Condition) => Said | undefined;

/** From this share of failing requests on somebody should look, and from this on nothing else matters. */
const ERRORS_SHARE = 0.05;
const MOST_FAIL_SHARE = 0.5;
/** What waits shorter for the database is no news. */
const WAITS_SECONDS = 5;
/** A manual number is told of when so little is left of its time. */
const OVERRIDE_ENDS_MILLISECONDS = 300_000;
/** A roll-out that was returned is told of for so long, or until the next one. */
const RETURNED_MILLISECONDS = 24 * 3_600_000;

const critical = (sentence: string): Said => ({ severity: 'critical', sentence });
const warning = (sentence: string): Said => ({ severity: 'warning', sentence });
const info = (sentence: string): Said => ({ severity: 'info', sentence });

const blocked: Rule = ({ blocked: why }) =>
  why === null ? undefined : critical(`nothing of it is started or stopped until this is mended: ${why}`);

const waitsForDatabase: Rule = ({ waitsSeconds }) =>
  waitsSeconds >= WAITS_SECONDS
    ? critical('what was decided cannot be stored, so it is not acted on: the database does not answer')
    : undefined;

const faulty: Rule = (condition) => {
  const { counts, faultyReason } = condition;
  if (counts.faulty === 0) return undefined;
  const which = `${formatCount(counts.faulty, 'instance')} ${are(counts.faulty)} faulty`;
  return orCritical(condition, `${which}${because(faultyReason)}`);
};

const startFails: Rule = (condition) => {
  const { startFailure } = condition;
  if (startFailure === null) return undefined;
  const { failures, reason } = startFailure;
  return orCritical(
    condition,
    `an instance failed to start${failures > 1 ? ` ${failures} times in a row` : ''}: ${reason}`,
  );
};

const noPlace: Rule = (condition) =>
  condition.noPlace === null
    ? undefined
    : orCritical(condition, `an instance that is wanted has no place: ${condition.noPlace}`);

const hostClusterUnreachable: Rule = ({ silentHosts }) => {
  if (silentHosts.length === 0) return undefined;
  const told = silentHosts.map(({ name, instances }) => `${name} (${formatCount(instances, 'instance')})`).join(', ');
  return critical(`${silentHosts.length === 1 ? 'a host cluster does' : 'host clusters do'} not answer: ${told}`);
};

const silenced: Rule = ({ silenced: isPlatforms }) =>
  isPlatforms
    ? critical(
        'many instances fell silent at once, which is the platform’s fault: none is replaced, and the number is held',
      )
    : undefined;

const unreachable: Rule = (condition) => {
  const { unreachable: silent } = condition.counts;
  if (condition.silenced || silent === 0) return undefined;
  const sentence = `nothing is heard of ${formatCount(silent, 'instance')}; what is not heard of for a minute is replaced`;
  return condition.counts.active > 0 && silent >= condition.counts.active ? critical(sentence) : warning(sentence);
};

const noFreshData: Rule = ({ sampleAgeSeconds, staleSeconds }) =>
  sampleAgeSeconds !== null && sampleAgeSeconds > staleSeconds
    ? warning(`nothing was reported for ${age(sampleAgeSeconds)}: it is not scaled down until something is`)
    : undefined;

const mostFail: Rule = ({ errorShare }) => {
  if (errorShare === null || errorShare < ERRORS_SHARE) return undefined;
  const sentence = `${formatNumber(errorShare * 100)} % of requests fail`;
  return errorShare >= MOST_FAIL_SHARE ? critical(sentence) : warning(sentence);
};

/** More would be needed than what somebody or something allows. */
const ceiling =
  (code: ClampCode, words: string): Rule =>
  (condition) => {
    // The platform's own: nobody chose its maximum, and nobody can change it.
    if (condition.isLoadBalancer) return undefined;
    const clamp = lowering(condition, code);
    if (clamp === undefined) return undefined;
    const sentence = `${formatCount(clamp.from, 'instance')} would be needed; ${words} ${clamp.to}`;
    return condition.saturated ? critical(sentence) : warning(sentence);
  };

/** More would be needed, and somebody holds the number. */
const held =
  (code: ClampCode, words: string, say: (sentence: string) => Said = warning): Rule =>
  (condition) => {
    const clamp = lowering(condition, code);
    if (clamp === undefined) return undefined;
    const sentence = `${formatCount(clamp.from, 'instance')} would be needed instead of ${clamp.to}, but ${words}`;
    return condition.saturated ? critical(sentence) : say(sentence);
  };

const queueing: Rule = ({ saturated, queued }) => {
  if (!saturated) return undefined;
  return warning(
    queued >= 1 ? `requests queue: ${formatNumber(Math.round(queued))} wait` : 'requests queue, or are shed',
  );
};

const noGain: Rule = (condition) =>
  lowering(condition, 'no-gain') === undefined
    ? undefined
    : warning('more instances have not answered more requests: the bottleneck is elsewhere');

const rolloutReturns: Rule = ({ rollout }) =>
  rollout?.state === 'returning'
    ? warning(`the roll-out${toRelease(rollout.to)} is taken back${because(rollout.reason)}`)
    : undefined;

const rolloutReturned: Rule = ({ rollout, returned, now }) =>
  rollout === null && returned !== null && now - returned.at < RETURNED_MILLISECONDS
    ? warning(`the last roll-out was taken back${because(returned.reason)}`)
    : undefined;

const sourceUnreadable: Rule = ({ sourceProblem }) =>
  sourceProblem === null ? undefined : warning(`its Git source cannot be read: ${sourceProblem}`);

const overrideEnds: Rule = ({ override, now }) => {
  if (override === null || override.expiresAt <= now || override.expiresAt - now > OVERRIDE_ENDS_MILLISECONDS)
    return undefined;
  const { kind, instances, expiresAt } = override;
  const at = new Date(expiresAt).toISOString().slice(11, 16);
  return info(`${kind === 'pin' ? 'the pin at' : 'at least'} ${formatCount(instances, 'instance')} ends at ${at} UTC`);
};

/** In the order in which they are told within one severity. */
const RULES: readonly (readonly [code: string, rule: Rule])[] = [
  ['blocked', blocked],
  ['waits-for-database', waitsForDatabase],
  ['host-cluster-unreachable', hostClusterUnreachable],
  ['silenced', silenced],
  ['faulty', faulty],
  ['start-failed', startFails],
  ['no-place', noPlace],
  ['errors-high', mostFail],
  ['unreachable', unreachable],
  ['no-fresh-data', noFreshData],
  ['at-maximum', ceiling('maximum', 'the policy’s maximum is')],
  ['at-quota', ceiling('quota', 'the tenant’s quota allows')],
  ['no-room', ceiling('room', 'the partitions have room for')],
  ['frozen', held('frozen', 'the whole platform is frozen')],
  ['paused', held('paused', 'autoscaling is paused')],
  ['pinned', held('pin', 'the number is pinned')],
  ['shadow', held('shadow', 'it is in shadow mode', info)],
  ['queueing', queueing],
  ['no-gain', noGain],
  ['rollout-returning', rolloutReturns],
  ['rollout-returned', rolloutReturned],
  ['source-unreadable', sourceUnreadable],
  ['override-ends', overrideEnds],
];

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

export function attentionOf(condition: Condition): readonly Attention[] {
  const found: Attention[] = [];
  for (const [code, rule] of RULES) {
    const said = rule(condition);
    if (said !== undefined) found.push({ code, ...said });
  }
  // Stable: rules of one severity stay in their order.
  return found.length < 2 ? found : found.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

function lowering({ clamps }: Condition, code: ClampCode): Clamp | undefined {
  return clamps.find((clamp) => clamp.code === code && clamp.to < clamp.from);
}

/** What keeps instances from serving is critical where none does. */
function orCritical({ counts }: Condition, sentence: string): Said {
  return counts.active === 0 ? critical(`${sentence}; none serves`) : warning(sentence);
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`;
}

function toRelease(number: number | null): string {
  return number === null ? '' : ` of release ${number}`;
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function age(seconds: number): string {
  return seconds < 120 ? `${formatNumber(seconds)} s` : formatCount(Math.floor(seconds / 60), 'minute');
}
