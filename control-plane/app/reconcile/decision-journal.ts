/**
 * Keeps decisions as people and replays need them: each action a row; equal consecutive non-actions one row with a count, whose
 * inputs are those of the last evaluation. A run is written when it begins, when it ends, and now and then between.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Decision, DecisionInput } from '../../domain/autoscaling/decision.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Clock, NewUid } from '../ports/clock.ts';
import type { Repositories } from '../ports/store.ts';
import { WriteBehind } from '../fleet/write-behind.ts';
import type { DecisionRecord } from '../records/decisions.ts';

const WRITE_RUN_EVERY_MILLISECONDS = 30_000;
/** Decisions that may wait for a database that is away; each holds all its inputs, some ten kilobytes. */
const MOST_WAITING = 2000;

/** Reason of a row that is no decision's: what was decided is to be stored, and the database is away. */
const WAITS = 'waits-for-database';

export interface DecisionJournalOptions {
  readonly store: Pick<Repositories, 'decisions'>;
  readonly onFailure: (error: unknown) => void;
  readonly clock: Clock;
  readonly newUid: NewUid;
}

export class DecisionJournal {
  readonly #records: WriteBehind<DecisionRecord>;
  readonly #writtenAt = new WeakMap<ClusterState, number>();
  /** Whom to wake when a row is stored. */
  readonly #clusters = new WeakMap<DecisionRecord, ClusterState>();

  readonly #newUid: NewUid;

  constructor({ store, onFailure, clock, newUid }: DecisionJournalOptions) {
    this.#newUid = newUid;
    this.#records = new WriteBehind({
      clock,
      save: (record) => store.decisions.save(record),
      onSaved: (record) => this.#clusters.get(record)?.decided.notify(),
      onFailure,
      most: MOST_WAITING,
    });
  }

  /** The row that a decision is kept in: the last one, where it goes on with its run, or a new one. Changes nothing. */
  next(cluster: ClusterState, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
    const last = cluster.lastDecision;
    return last !== null && continues(last, decision)
      ? extend(last, decision, input, sentence)
      : this.#begin(cluster, decision, input, sentence);
  }

  /** The row of a decision that could not be acted on yet. Changes nothing. */
  waiting(cluster: ClusterState, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
    const last = cluster.lastDecision;
    const { from, acted: to } = decision;
    const waits = { acted: false, reasonCode: WAITS, from, to } as const;
    return last?.reasonCode === WAITS && last.from === from && last.to === to
      ? { ...extend(last, decision, input, sentence), ...waits }
      : { ...this.#begin(cluster, decision, input, sentence), ...waits };
  }

  /** Takes a row as the service cluster's last one. An action's is stored already, with what it changed. */
  note(cluster: ClusterState, record: DecisionRecord): void {
    const last = cluster.lastDecision;
    cluster.lastDecision = record;
    const isNew = record.uid !== last?.uid;
    // The run that ends here is written once more, so that its count and last inputs are right.
    if (isNew && last !== null && last.count > 1) this.#write(cluster, last);
    if (record.acted) {
      this.#writtenAt.set(cluster, record.lastAt);
      cluster.decided.notify();
      return;
    }
    const due = record.lastAt - (this.#writtenAt.get(cluster) ?? 0) >= WRITE_RUN_EVERY_MILLISECONDS;
    if (isNew || due) this.#write(cluster, record);
  }

  /** Writes the runs that are still going on, and all that waits; called when the control plane stops. */
  async close(clusters: Iterable<ClusterState>): Promise<void> {
    for (const { lastDecision } of clusters) if (lastDecision !== null) this.#records.put(lastDecision);
    await this.#records.close();
  }

  #begin(cluster: ClusterState, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
    return {
      uid: this.#newUid(decision.at),
      tenant: cluster.record.tenant,
      cluster: cluster.record.uid,
      at: decision.at,
      lastAt: decision.at,
      count: 1,
      acted: decision.acted !== decision.from,
      reasonCode: decision.reasonCode,
      from: decision.from,
      to: decision.to,
      sentence,
      decision,
      input,
    };
  }

  #write(cluster: ClusterState, record: DecisionRecord): void {
    this.#writtenAt.set(cluster, record.lastAt);
    this.#clusters.set(record, cluster);
    this.#records.put(record);
  }
}

/** The same non-action for the same reason and by the same clamps. */
function continues(last: DecisionRecord, decision: Decision): boolean {
  if (last.acted || decision.acted !== decision.from) return false;
  return (
    last.reasonCode === decision.reasonCode &&
    last.from === decision.from &&
    last.to === decision.to &&
    isDeepStrictEqual(
      last.decision.clamps.map((clamp) => clamp.code),
      decision.clamps.map((clamp) => clamp.code),
    )
  );
}

function extend(last: DecisionRecord, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
  return { ...last, lastAt: decision.at, count: last.count + 1, sentence, decision, input };
}
