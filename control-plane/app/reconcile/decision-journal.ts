/**
 * Keeps decisions as people and replays need them: each action a row; equal consecutive non-actions one row with a count, whose
 * inputs are those of the last evaluation. A run is written when it begins, when it ends, and now and then between.
 */
import { isDeepStrictEqual } from 'node:util';
import { newUid } from '../../../schema/ids.ts';
import type { Decision, DecisionInput } from '../../domain/autoscaling/decision.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Repositories } from '../ports/store.ts';
import type { DecisionRecord } from '../records.ts';

const WRITE_RUN_EVERY_MILLISECONDS = 30_000;

export class DecisionJournal {
  readonly #store: Pick<Repositories, 'decisions'>;
  readonly #onFailure: (error: unknown) => void;
  readonly #writtenAt = new WeakMap<ClusterState, number>();

  constructor(store: Pick<Repositories, 'decisions'>, onFailure: (error: unknown) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Takes a decision into the record; it becomes the service cluster's last one. */
  note(cluster: ClusterState, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
    const last = cluster.lastDecision;
    const next =
      last !== null && continues(last, decision)
        ? extend(last, decision, input, sentence)
        : this.#begin(cluster, decision, input, sentence);
    cluster.lastDecision = next;
    const isNew = next.uid !== last?.uid;
    const due = decision.at - (this.#writtenAt.get(cluster) ?? 0) >= WRITE_RUN_EVERY_MILLISECONDS;
    if (isNew || due) this.#write(cluster, next, isNew);
    return next;
  }

  /** Writes the runs that are still going on; called when the control plane stops. */
  async flush(clusters: Iterable<ClusterState>): Promise<void> {
    for (const { lastDecision } of clusters) {
      if (lastDecision !== null) await this.#store.decisions.save(lastDecision).catch(this.#onFailure);
    }
  }

  #begin(cluster: ClusterState, decision: Decision, input: DecisionInput, sentence: string): DecisionRecord {
    // The run that ends here is written once more, so that its count and last inputs are right.
    if (cluster.lastDecision !== null && cluster.lastDecision.count > 1)
      this.#write(cluster, cluster.lastDecision, false);
    return {
      uid: newUid(decision.at),
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

  #write(cluster: ClusterState, record: DecisionRecord, isNew: boolean): void {
    this.#writtenAt.set(cluster, record.lastAt);
    this.#store.decisions.save(record).then(() => {
      if (isNew) cluster.decided.notify();
    }, this.#onFailure);
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
