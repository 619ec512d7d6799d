/**
 * The factors that instances are scaled by. A new one is one entry here: where its values come from, how they read in a
 * sentence, and how a proposal is made of them.
 */

export interface Factor {
  /** Registered name, as in policies. */
  readonly name: string;
  /** As it reads in a sentence: "requests in flight". */
  readonly phrase: string;
  /** Behind a number: " %" or nothing. */
  readonly unit: string;
  /** `gauge`: each instance's agent reports its own value. `demand`: load balancers report the total. */
  readonly source: 'gauge' | 'demand';
  /**
   * `divides`: the total spreads over instances, so the number needed follows from it at once. `one-by-one`: it may not
   * spread (memory often does not), so grow by one and look whether that helped.
   */
  readonly growth: 'divides' | 'one-by-one';
  /**
   * Relative difference that is not acted on where the policy sets none. What balancers count needs none: the forecast's error says what is
   * noise. What instances report of themselves has a part that does not divide and that nobody may know yet, so their number moves it.
   */
  readonly tolerance: number;
}

const GAUGE_TOLERANCE = 0.1;

const FACTORS: readonly Factor[] = [
  {
    name: 'loadAverage',
    phrase: 'load average',
    unit: ' %',
    source: 'gauge',
    growth: 'divides',
    tolerance: GAUGE_TOLERANCE,
  },
  { name: 'memory', phrase: 'memory', unit: ' %', source: 'gauge', growth: 'one-by-one', tolerance: GAUGE_TOLERANCE },
  {
    name: 'requestsInFlight',
    phrase: 'requests in flight',
    unit: '',
    source: 'demand',
    growth: 'divides',
    tolerance: 0,
  },
  {
    name: 'requestsPerSecond',
    phrase: 'requests per second',
    unit: '',
    source: 'demand',
    growth: 'divides',
    tolerance: 0,
  },
];
/** Names of the platform's own factors, for messages. */
export const FACTOR_NAMES: readonly string[] = FACTORS.map(({ name }) => name);
const BY_NAME = new Map(FACTORS.map((factor) => [factor.name, factor]));

/** What an application's own gauges are called. */
const APPLICATION_GAUGE = /^app-[a-zA-Z0-9-]{1,36}$/;

/** The factor of this name; an application's own gauge (`app-…`) divides. `undefined` for every other name. */
export function factorOf(name: string): Factor | undefined {
  const known = BY_NAME.get(name);
  if (known !== undefined || !APPLICATION_GAUGE.test(name)) return known;
  return {
    name,
    phrase: name.slice('app-'.length),
    unit: '',
    source: 'gauge',
    growth: 'divides',
    tolerance: GAUGE_TOLERANCE,
  };
}
