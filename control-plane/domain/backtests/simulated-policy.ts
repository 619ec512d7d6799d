/** What of a policy can be tried on recorded demand, and what of it cannot. */
import type { EffectivePolicy } from '../autoscaling/policy-defaults.ts';

/** Of these the recorded demand says all; a gauge depends on how many instances there were. */
const FED: ReadonlySet<string> = new Set(['requestsInFlight', 'requestsPerSecond']);

export interface SimulatedPolicy {
  /** Null: it has no factor that the recorded demand feeds. */
  readonly policy: EffectivePolicy | null;
  /** Why it is not quite what will be, a sentence each. */
  readonly notes: readonly string[];
}

/** @param who as it is called in notes: "the policy in force" */
export function simulatedPolicy(effective: EffectivePolicy, who: string): SimulatedPolicy {
  const factors = effective.factors.filter(({ name }) => FED.has(name));
  const left = effective.factors.filter(({ name }) => !FED.has(name)).map(({ name }) => name);
  if (factors.length === 0) {
    const has = left.length === 0 ? 'it has no factor' : `it scales by ${left.join(' and ')} alone`;
    return {
      policy: null,
      notes: [
        `${who} cannot be simulated: ${has}, and what is recorded of requests does not tell how that would have been`,
      ],
    };
  }
  const notes: string[] = [];
  if (left.length > 0)
    notes.push(
      `${who} is simulated without ${left.join(' and ')}, which recorded requests do not tell; where that asks for more instances there will be more`,
    );
  if (effective.policy.minimum < 1)
    notes.push(
      `${who} is simulated with a minimum of 1; what an idle service cluster saves without any is not counted`,
    );
  if (effective.shadow) notes.push(`${who} is simulated as if it were acted on, although its mode is shadow`);
  const { minimum } = effective.policy;
  return {
    policy: { ...effective, factors, shadow: false, policy: { ...effective.policy, minimum: Math.max(1, minimum) } },
    notes,
  };
}
