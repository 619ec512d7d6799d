/** What the runs of a lab were made with, in words. */
import { nominalTarget } from '../contestants.ts';
import type { LabDescription } from '../files.ts';
import type { Scenario } from '../scenario.ts';
import type { TracePart } from '../trace.ts';
import { durationText } from './duration.ts';
import type { Report } from './report.ts';

export function conditionFacts({ conditions, policy, part, peak, isStepped, quota }: LabDescription): Report['facts'] {
  const { service, start } = conditions;
  const { minimum, maximum } = policy.policy;
  return [
    ['plant', conditions.isFluid ? 'as a fluid, without chance' : 'request by request'],
    ['seed', String(conditions.seed)],
    ...(part === null ? [] : [['of each trace that reaches so far', partText(part)] as const]),
    ['highest load', peak === null ? 'as in the trace' : `rescaled to what ${peak} replicas carry`],
    ['within a step of the trace', isStepped ? 'the rate holds' : 'the load goes from one step to the next'],
    ['a replica serves at once', String(service.concurrency)],
    [
      'time of service',
      `${service.meanSeconds} s, shape ${service.shape}${service.locationSeconds > 0 ? `, ${service.locationSeconds} s of it always` : ''}`,
    ],
    ...(quota === null ? [] : [['quota of all together', `${quota} replicas`] as const]),
    ['longest queue', String(service.queueLimit)],
    ['timeout', `${service.timeoutSeconds} s`],
    ['ready after', `${start.seconds} s ± ${percent(start.jitter)}`],
    [
      'telemetry',
      `late by ${conditions.telemetryDelaySeconds} s, noise ${percent(conditions.telemetryNoise)} a replica`,
    ],
    ...scenarioFacts(conditions.scenario),
    ['target', `${Number(nominalTarget(policy).toFixed(3))} requests in flight a replica`],
    ['bounds', `${minimum} to ${maximum} replicas`],
  ];
}

function partText({ from, seconds }: TracePart): string {
  const begin = 'share' in from ? `${percent(from.share)} of its length` : `its second ${from.seconds}`;
  return `${durationText(seconds)} from ${begin} on`;
}

function scenarioFacts(scenario: Scenario): Report['facts'] {
  const { failingStarts, silentAgents, startCostSeconds, backendCapacity, failFast } = scenario;
  const facts: (readonly [string, string])[] = [];
  if (failingStarts > 0) facts.push(['starts that fail', percent(failingStarts)]);
  if (silentAgents > 0) facts.push(['agents that are silent', percent(silentAgents)]);
  if (startCostSeconds > 0) facts.push(['own work of a replica', `half of it for the first ${startCostSeconds} s`]);
  if (backendCapacity !== null) facts.push(['backend behind all replicas', `${backendCapacity} requests at once`]);
  if (failFast.length > 0)
    facts.push(['every request fails at once', failFast.map(({ from, to }) => `${from} s to ${to} s`).join(', ')]);
  return facts;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
