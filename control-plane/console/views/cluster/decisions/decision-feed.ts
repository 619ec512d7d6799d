/** The decisions of one service cluster as they are made, and the older ones page by page. It owns its subscription until `close`. */
import {
  ClusterDecisionBrief,
  ClusterDecisionPage,
  ClusterDecisions,
  type ServiceClusterRef,
} from '../../../generated/operations.ts';
import type { Connection } from '../../../live/connection.ts';
import { Refused } from '../../../live/refused.ts';
import { listOf, merged, withDecision, withOlder, type Decision, type DecisionList } from './decision-list.ts';

export interface DecisionsState {
  readonly kind: 'waiting' | 'known' | 'refused';
  readonly all: DecisionList;
  readonly actions: DecisionList;
  readonly isLoading: boolean;
  readonly error: Refused | null;
}

const EMPTY: DecisionList = { decisions: [], before: null };
const FIRST_PAGE = 50;
const NEXT_PAGE = 100;
/** Actions of a week are shown on the chart; more than so many at a time are not asked for by themselves. */
const MOST_ACTIONS = 1_000;

export class DecisionFeed {
  readonly #connection: Connection;
  readonly #ref: ServiceClusterRef;
  readonly #listeners = new Set<() => void>();
  #state: DecisionsState = { kind: 'waiting', all: EMPTY, actions: EMPTY, isLoading: false, error: null };
  #end: (() => void) | undefined;
  #isClosed = false;

  constructor(connection: Connection, ref: ServiceClusterRef) {
    this.#connection = connection;
    this.#ref = ref;
    void this.#begin();
  }

  get state(): DecisionsState {
    return this.#state;
  }

  /** All that are known, oldest first. */
  known(): readonly Decision[] {
    return merged(this.#state.actions.decisions, this.#state.all.decisions);
  }

  /** @returns ends the listening */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks for the page before. */
  async loadOlder(which: 'all' | 'actions'): Promise<void> {
    const { before } = this.#state[which];
    if (before === null || this.#state.isLoading) return;
    this.#become({ isLoading: true, error: null });
    try {
      const page = await this.#page(which === 'actions', NEXT_PAGE, before);
      this.#become({ [which]: withOlder(this.#state[which], page), isLoading: false });
    } catch (error) {
      this.#become({ isLoading: false, error: Refused.of(error) });
    }
  }

  /** Asks for actions until those since a time are known, as far as that is bearable. @param from in seconds since 1970 */
  async loadActionsSince(from: number): Promise<void> {
    const { decisions, before } = this.#state.actions;
    const [oldest] = decisions;
    if (before === null || oldest === undefined || Date.parse(oldest.at) / 1_000 <= from) return;
    if (decisions.length >= MOST_ACTIONS || this.#state.isLoading || this.#state.error !== null) return;
    await this.loadOlder('actions');
    if (!this.#isClosed) await this.loadActionsSince(from);
  }

  close(): void {
    this.#isClosed = true;
    this.#end?.();
  }

  async #begin(): Promise<void> {
    try {
      const [all, actions] = await Promise.all([this.#page(false, FIRST_PAGE), this.#page(true, FIRST_PAGE)]);
      this.#become({ kind: 'known', all: listOf(all), actions: listOf(actions) });
      if (!this.#isClosed) this.#follow();
    } catch (error) {
      this.#become({ kind: 'refused', error: Refused.of(error) });
    }
  }

  #follow(): void {
    this.#end = this.#connection.watch(
      ClusterDecisions,
      // After a lost connection it goes on after the last one.
      () => ({ ref: this.#ref, after: this.#state.all.decisions.at(-1)?.uid ?? null }),
      {
        onNext: ({ decisions: decision }) => this.#take(decision),
        onRefused: (error) => this.#become({ error }),
      },
    );
  }

  #take(decision: Decision): void {
    const before = this.#state.all.decisions.at(-1);
    const { all, actions } = this.#state;
    this.#become({
      all: withDecision(all, decision),
      ...(decision.acted ? { actions: withDecision(actions, decision) } : {}),
    });
    // The one before has ended: how often it was made is known now.
    if (before !== undefined && !before.acted && before.uid !== decision.uid) void this.#askAgain(before.uid);
  }

  async #askAgain(uid: string): Promise<void> {
    try {
      const { decision } = await this.#connection.ask(ClusterDecisionBrief, { uid });
      if (decision !== null) this.#become({ all: withDecision(this.#state.all, decision) });
    } catch {
      // It stays as it was first said; its record has the rest.
    }
  }

  async #page(actionsOnly: boolean, last: number, before: string | null = null) {
    const { serviceCluster } = await this.#connection.ask(ClusterDecisionPage, {
      ...{ ref: this.#ref, actionsOnly, last, before },
    });
    if (serviceCluster === null) throw new Refused('NOT_FOUND', 'there is no such service cluster any more');
    return serviceCluster.decisions;
  }

  #become(change: Partial<DecisionsState>): void {
    if (this.#isClosed) return;
    this.#state = { ...this.#state, ...change };
    for (const tell of this.#listeners) tell();
  }
}
