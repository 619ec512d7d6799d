/**
 * Where a program can be killed: each effect on the world outside of its memory is two fault points, right before it and right
 * after it, before anything else. A point is told by its name and its ordinal: how often that name has come since the plan was
 * given.
 */

export type Phase = 'before' | 'after';

export interface FaultPoint {
  /** Such as `store clusters.save`, `messaging publish topology` or `disk rename instances/*`. */
  readonly name: string;
  readonly phase: Phase;
  /** From 1. */
  readonly ordinal: number;
}

/** The point at which the program is killed: by name and ordinal, or whichever comes as the n-th. */
export type Plan = FaultPoint | { readonly nth: number };

export class FaultPoints {
  readonly #kill: () => void;
  readonly #reached: (point: FaultPoint) => void;
  #plan: Plan | null = null;
  #total = 0;
  #counts = new Map<string, number>();

  /** `reached` hears of every point, `kill` ends the program at the planned one. */
  constructor(reached: (point: FaultPoint) => void, kill: () => void) {
    this.#reached = reached;
    this.#kill = kill;
  }

  /** Counts anew; null: nothing is killed. */
  plan(plan: Plan | null): void {
    this.#plan = plan;
    this.#total = 0;
    this.#counts = new Map();
  }

  readonly reach = (name: string, phase: Phase): void => {
    const key = `${phase} ${name}`;
    const ordinal = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, ordinal);
    this.#total += 1;
    const point = { name, phase, ordinal };
    this.#reached(point);
    if (this.#plan !== null && this.#isPlanned(this.#plan, point)) this.#kill();
  };

  #isPlanned(plan: Plan, point: FaultPoint): boolean {
    if ('nth' in plan) return plan.nth === this.#total;
    return plan.name === point.name && plan.phase === point.phase && plan.ordinal === point.ordinal;
  }

  /** An effect that comes to its end at once. */
  sync<T>(name: string, effect: () => T): T {
    this.reach(name, 'before');
    const result = effect();
    this.reach(name, 'after');
    return result;
  }

  async async<T>(name: string, effect: () => Promise<T>): Promise<T> {
    this.reach(name, 'before');
    const result = await effect();
    this.reach(name, 'after');
    return result;
  }
}
