/** What the runs of a lab were made with, in words. */
import { nominalTarget } from '../contestants.ts';
import type { LabDescription } from '../files.ts';
import type { Report } from './report.ts';

export function conditionFacts({ conditions, policy, peak, isStepped }: LabDescription): Report['facts'] {
  const { service, start } = conditions;
  const { minimum, maximum } = policy.policy;
  return [
    ['plant', conditions.isFluid ? 'as a fluid, without chance' : 'request by request'],
    ['seed', String(conditions.seed)],
    ['highest load', peak === null ? 'as in the trace' : `rescaled to what ${peak} replicas carry`],
    ['within a step of the trace', isStepped ? 'the rate holds' : 'the load goes from one step to the next'],
    ['a replica serves at once', String(service.concurrency)],
    ['time of service', `${service.meanSeconds} s, shape ${service.shape}`],
    ['longest queue', String(service.queueLimit)],
    ['timeout', `${service.timeoutSeconds} s`],
    ['ready after', `${start.seconds} s ± ${percent(start.jitter)}`],
    [
      'telemetry',
      `late by ${conditions.telemetryDelaySeconds} s, noise ${percent(conditions.telemetryNoise)} a replica`,
    ],
    ['target', `${Number(nominalTarget(policy).toFixed(3))} requests in flight a replica`],
    ['bounds', `${minimum} to ${maximum} replicas`],
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
