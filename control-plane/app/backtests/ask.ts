/** Asking for backtests. */
import { effectivePolicy } from '../../domain/autoscaling/policy-defaults.ts';
import { concurrencyOf } from '../../domain/backtests/required.ts';
import { simulatedPolicy } from '../../domain/backtests/simulated-policy.ts';
import { requireCluster, seenPart } from '../ask/scope.ts';
import { requireRole } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { BacktestRunner } from '../ports/backtests.ts';
import type { Provider } from '../ports/provider.ts';
import { readPolicy } from './asked-policy.ts';
import type { Backtests } from './backtests.ts';
import { noBacktest } from './feed.ts';
import { measure, type Measured } from './measure.ts';
import type { RecordedReader } from './read-recorded.ts';
import type { BacktestMutations, BacktestQueries } from './use-cases.ts';

const SHORTEST_MILLISECONDS = 60_000;
const LONGEST_MILLISECONDS = 31 * 24 * 3600 * 1000;

export interface BacktestAskingOptions {
  readonly fleet: Fleet;
  readonly backtests: Backtests;
  readonly provider: Pick<Provider, 'name'>;
  readonly readRecorded: RecordedReader;
  readonly backtestRunner: Pick<BacktestRunner, 'run'>;
  readonly now: () => number;
  readonly newUid: NewUid;
}

export function createBacktestQueries({ backtests }: Pick<BacktestAskingOptions, 'backtests'>): BacktestQueries {
  return {
    backtest: async (principal, uid) => seenPart(principal, backtests.get(uid)),
  };
}

export function createBacktestMutations(options: BacktestAskingOptions): BacktestMutations {
  const { fleet, backtests, provider, readRecorded: read, backtestRunner: runner, newUid } = options;
  return {
    async backtestPolicy(principal, { policy, fileName, from, to, ...ref }) {
      const cluster = requireCluster(fleet, principal, ref, 'viewer');
      const now = options.now();
      const time = checkedTime(from, to ?? now, now);
      const { name, spec } = readPolicy(policy, fileName);
      const { plan, record } = cluster;
      const effective = effectivePolicy(spec, plan.spec, provider.name);
      const proposed = simulatedPolicy(effective, `policy ${name}`);
      if (proposed.policy === null)
        throw new RequestError(
          'POLICY_NOT_SIMULATED',
          `${proposed.notes.join('; ')}: give it requestsInFlight or requestsPerSecond, or watch it with mode: shadow`,
          { field: 'spec.factors' },
        );
      const concurrency = concurrencyOf(plan.spec.concurrency, [plan.effective, effective]);
      if (concurrency === undefined)
        throw new RequestError(
          'CONCURRENCY_UNKNOWN',
          `nobody said how many requests an instance of ${cluster.keyText} serves at once, which says how many are required; set concurrency at its component, or give the policy a target of requestsInFlight`,
          { field: 'policy' },
        );
      const measured: Omit<Measured, 'now'> = {
        ...{ cluster, concurrency, read, runner },
        ...time,
        proposed: { ...proposed, policy: proposed.policy },
      };
      const { tenant, application, alias } = record;
      return backtests.add(
        {
          ...{ uid: newUid(now), tenant, application, alias, policy: name },
          ...{ ...time, createdAt: now, createdBy: principal.name },
        },
        (running) => measure({ ...measured, now: options.now() }, running),
      );
    },
    async cancelBacktest(principal, uid) {
      requireRole(principal, 'viewer');
      if (seenPart(principal, backtests.get(uid)) === undefined) throw noBacktest(uid);
      return backtests.cancel(uid) ?? Promise.reject(noBacktest(uid));
    },
  };
}

function checkedTime(from: number, to: number, now: number): { readonly from: number; readonly to: number } {
  const end = Math.min(to, now);
  const length = end - from;
  if (!(length >= SHORTEST_MILLISECONDS))
    throw new RequestError('INVALID', 'from: expected at least a minute before to, and before now', { field: 'from' });
  if (length > LONGEST_MILLISECONDS)
    throw new RequestError('INVALID', 'a backtest is over at most 31 days; give a later from or an earlier to', {
      field: 'from',
    });
  return { from, to: end };
}
