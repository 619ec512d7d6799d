/** What a service cluster's decider learns while it runs, beside its windows. Nothing of it is stored: it is learnt again in minutes. */
import type { ForecastScores } from '../forecasting/combination.ts';
import { Scoreboard } from '../forecasting/scoreboard.ts';
import type { ClusterWindows } from '../forecasting/windows.ts';
import { learnBase, type BaseEstimate } from './base.ts';
import type { Decision, DecisionInput } from './decision.ts';
import { factorOf } from './factors.ts';
import { perInstance } from './one-by-one.ts';
import { divisible } from './proposal.ts';

export class Learnt {
  readonly #bases = new Map<string, BaseEstimate>();
  readonly #scoreboards = new Map<string, Scoreboard>();

  /** Part of an instance's value that does not divide, by factor. */
  get bases(): ReadonlyMap<string, BaseEstimate> {
    return this.#bases;
  }

  /** How well forecasts of this factor did; `undefined` until enough have come due. */
  scores(factor: string): ForecastScores | undefined {
    return this.#scoreboards.get(factor)?.scores;
  }

  /**
   * To be called with each decision that was made, acted on or not.
   *
   * @param isRouted load balancers send it all that it is asked. Of one that is asked otherwise (a load balancer, a worker that fetches its
   *   work) they report that nothing comes, and that teaches no base: it may be under load
   */
  learn(windows: ClusterWindows, input: DecisionInput, { proposals }: Decision, isRouted: boolean): void {
    if (isRouted) this.#learnBases(windows, input);
    // A beginning is no measure of what is usual.
    if (!input.windowsFull) return;
    for (const [index, { name, window, base }] of input.factors.entries()) {
      const forecast = proposals[index]?.forecast;
      if (!forecast) continue;
      let scoreboard = this.#scoreboards.get(name);
      if (scoreboard === undefined) this.#scoreboards.set(name, (scoreboard = new Scoreboard()));
      scoreboard.observe(divisible(window, base), input.now, forecast);
    }
  }

  /** What each gauge is while nothing is asked of the service cluster. */
  #learnBases(windows: ClusterWindows, input: DecisionInput): void {
    if (!input.factors.some(({ name }) => factorOf(name)?.source === 'gauge')) return;
    const arrivals = windows.read('requestsPerSecond', input.now, 3, 0).window.at(-1);
    if (arrivals?.total !== 0) return;
    const inFlight = windows.read('requestsInFlight', input.now, 3, 0).window.at(-1);
    for (const { name, window } of input.factors) {
      if (factorOf(name)?.source !== 'gauge') continue;
      const value = perInstance(window);
      if (value === undefined) continue;
      const estimate = learnBase(this.#bases.get(name), {
        at: input.now,
        perInstance: value,
        arrivalsPerSecond: arrivals.total,
        inFlight: inFlight?.total ?? null,
      });
      if (estimate !== undefined) this.#bases.set(name, estimate);
    }
  }
}
