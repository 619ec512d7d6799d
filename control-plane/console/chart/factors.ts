/** How the quantities of a service cluster read. More can come: what is not known here is shown by its name, without a unit. */
export interface Quantity {
  /** As a heading: "Requests in flight". */
  readonly title: string;
  /** Behind a number, with its space; empty: a plain number. */
  readonly unit: string;
}

const KNOWN: Readonly<Record<string, Quantity>> = {
  loadAverage: { title: 'Load average', unit: ' %' },
  memory: { title: 'Memory', unit: ' %' },
  requestsInFlight: { title: 'Requests in flight', unit: '' },
  requestsPerSecond: { title: 'Requests per second', unit: '/s' },
  demand: { title: 'Arrivals × time of service', unit: '' },
};

/** @param name registered name of a factor, or of another series of the history */
export function quantityOf(name: string): Quantity {
  return KNOWN[name] ?? { title: name.replace(/^app-/, ''), unit: '' };
}

/** Of what a factor must be known to tell which one decides. */
interface Deciding {
  readonly name: string;
  readonly target: number;
  readonly base: number;
  readonly forecast: { readonly predicted: number } | null;
}

/** The factor of which the most instances are needed, as far as its forecast says; the first without any. */
export function decidingFactor(factors: readonly Deciding[]): string | null {
  const needs = factors.map(({ name, target, base, forecast }) => ({
    name,
    needed: forecast === null || target <= base ? -1 : forecast.predicted / (target - base),
  }));
  return needs.reduce(
    (most, factor) => (factor.needed > most.needed ? factor : most),
    needs[0] ?? { name: null, needed: 0 },
  ).name;
}
