/** Blocks of the demand history in the database: one row a service cluster, tier and span of time. */
import { decodeBlock, encodeBlock, type Block } from '../../domain/history/block.ts';
import { rollUp } from '../../domain/history/rollup.ts';
import { blockStart, expiryOf, pointsOf, TIERS, type Tier } from '../../domain/history/tiers.ts';
import type { Repository } from '../ports/store.ts';
import type { ClusterRecord } from '../records/clusters.ts';
import type { HistoryBlockRecord } from '../records/usage.ts';

/** Digits of seconds in a uid: enough for some thirty thousand years, so that text sorts as time. */
const DIGITS = 12;

function historyUid(cluster: string, tier: Tier, from: number): string {
  return `${cluster}:${tier.name}:${String(from).padStart(DIGITS, '0')}`;
}

export class HistoryStore {
  readonly #blocks: Repository<HistoryBlockRecord>;

  constructor(blocks: Repository<HistoryBlockRecord>) {
    this.#blocks = blocks;
  }

  /** `undefined`: there is none, or none that can be read. */
  async load(cluster: string, tier: Tier, from: number): Promise<Block | undefined> {
    const record = await this.#blocks.get(historyUid(cluster, tier, from));
    return record === undefined ? undefined : readable(record, tier);
  }

  /** The blocks of a tier that overlap [from, to) (seconds since the epoch), oldest first. */
  async find(cluster: string, tier: Tier, from: number, to: number): Promise<{ from: number; block: Block }[]> {
    const first = blockStart(tier, from);
    const found = await this.#blocks.find(
      { cluster, tier: tier.name },
      {
        after: historyUid(cluster, tier, Math.max(0, first - 1)),
        limit: Math.max(0, Math.ceil((to - first) / tier.blockSeconds)),
      },
    );
    return found.flatMap((record) => {
      const block = record.from < to ? readable(record, tier) : undefined;
      return block === undefined ? [] : [{ from: record.from, block }];
    });
  }

  async save(cluster: { readonly record: ClusterRecord }, tier: Tier, from: number, block: Uint8Array): Promise<void> {
    const { uid, tenant } = cluster.record;
    await this.#blocks.save({
      uid: historyUid(uid, tier, from),
      tenant,
      cluster: uid,
      tier: tier.name,
      from,
      expiresAt: expiryOf(tier, from) * 1000,
      block,
    });
  }

  /** Computes the coarser tiers anew for what a stored block of the finest one covers. Doing it twice changes nothing. */
  async rollUp(cluster: { readonly record: ClusterRecord }, from: number): Promise<void> {
    const [finest, ...coarser] = TIERS;
    let tier: Tier = finest;
    let fine = await this.load(cluster.record.uid, tier, from);
    let fineFrom = from;
    for (const next of coarser) {
      if (fine === undefined) return;
      const start = blockStart(next, fineFrom);
      const before: Block = (await this.load(cluster.record.uid, next, start)) ?? {
        columns: new Map(),
        points: pointsOf(next),
      };
      const rolled = rollUp(before, fine, (fineFrom - start) / tier.stepSeconds, next.stepSeconds / tier.stepSeconds);
      await this.save(cluster, next, start, encodeBlock(rolled));
      [tier, fine, fineFrom] = [next, rolled, start];
    }
  }

  /** Rolls up what a control plane that has ended left in the finest tier. */
  async catchUp(cluster: { readonly record: ClusterRecord }, now: number): Promise<void> {
    const [finest] = TIERS;
    const current = blockStart(finest, Math.floor(now / 1000));
    const stored = await this.#blocks.find({ cluster: cluster.record.uid, tier: finest.name });
    for (const { from } of stored) if (from < current) await this.rollUp(cluster, from);
  }

  /** Removes everything of a service cluster that is gone. */
  async remove(cluster: string): Promise<void> {
    for (const { uid } of await this.#blocks.find({ cluster })) await this.#blocks.delete(uid);
  }
}

function readable(record: HistoryBlockRecord, tier: Tier): Block | undefined {
  const block = decodeBlock(record.block);
  return block?.points === pointsOf(tier) ? block : undefined;
}
