/** The policy that a service cluster is decided by: what is declared, completed by the platform's defaults. */
import type { CartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import type { PolicyInput } from './decision.ts';

interface FactorTarget {
  readonly name: string;
  readonly target: number;
  /** Declared base; undefined: learnt. */
  readonly base: number | undefined;
}

export interface EffectivePolicy {
  readonly policy: PolicyInput;
  readonly factors: readonly FactorTarget[];
  /** Undefined: measured from starts. */
  readonly horizonSeconds: number | undefined;
  readonly shadow: boolean;
}

const MAXIMUM = 10;
const LOAD_AVERAGE_TARGET_PERCENT = 70;
/** Share of the declared concurrency that one instance shall carry. */
const CONCURRENCY_SHARE = 0.7;
const WINDOW_SECONDS = 60;
const SCALE_UP = { maximumInstances: 8, maximumFactor: 3, periodSeconds: 10 };
const SCALE_DOWN: PolicyInput['scaleDown'] = { maximumInstances: 4, periodSeconds: 10 };

/**
 * `cartridge` with the component's own `concurrency` already put in its place. Without a policy only cartridges of category
 * `framework` scale: a second database or balancer is no more capacity unless somebody says so.
 */
export function effectivePolicy(
  spec: AutoscalingPolicySpec | undefined,
  cartridge: Pick<CartridgeSpec, 'category' | 'concurrency'>,
  provider: 'process' | 'kubernetes',
): EffectivePolicy {
  return {
    policy: {
      ...boundsOf(spec, cartridge.category, provider),
      windowSeconds: spec?.windowSeconds ?? WINDOW_SECONDS,
      ...(spec?.tolerance === undefined ? {} : { tolerance: spec.tolerance }),
      ...(spec?.idleSeconds === undefined ? {} : { idleSeconds: spec.idleSeconds }),
      scaleUp: completed(SCALE_UP, spec?.scaleUp),
      scaleDown: completed(SCALE_DOWN, spec?.scaleDown),
    },
    factors: factorsOf(spec, cartridge.concurrency),
    horizonSeconds: spec?.horizonSeconds,
    shadow: spec?.mode === 'shadow',
  };
}

/** A bound that is given moves the default of the other one out of its way. */
function boundsOf(
  spec: AutoscalingPolicySpec | undefined,
  category: CartridgeSpec['category'],
  provider: 'process' | 'kubernetes',
): { minimum: number; maximum: number } {
  const single = spec === undefined && category !== 'framework';
  const defaultMinimum = provider === 'kubernetes' && !single ? 2 : 1;
  const defaultMaximum = single ? 1 : MAXIMUM;
  const minimum = spec?.minimum ?? Math.min(defaultMinimum, spec?.maximum ?? defaultMinimum);
  return { minimum, maximum: spec?.maximum ?? Math.max(defaultMaximum, minimum) };
}

function completed<T extends object>(defaults: T, given: Partial<T> | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

function factorsOf(spec: AutoscalingPolicySpec | undefined, concurrency: number | undefined): FactorTarget[] {
  if (spec?.factors !== undefined)
    return Object.entries(spec.factors).map(([name, { target, base }]) => ({ name, target, base }));
  const load: FactorTarget = { name: 'loadAverage', target: LOAD_AVERAGE_TARGET_PERCENT, base: undefined };
  if (concurrency === undefined) return [load];
  return [{ name: 'requestsInFlight', target: CONCURRENCY_SHARE * concurrency, base: undefined }, load];
}
