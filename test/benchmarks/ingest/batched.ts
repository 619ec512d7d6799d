/** Samples in batches of ten, from recorded packets and without a broker: decoding them, and the windows kept. */
import { NOW } from '../../../control-plane/app/testing/records.ts';
import type { Figure } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { recordPackets } from './recorded.ts';
import { Taking } from './taking.ts';

const CLUSTERS = 100;
const INSTANCES_EACH = 10;
const SAMPLES_EACH = 10;
const SECONDS = 120;
const ROUNDS = 5;

/** Samples a second of processor time, the median of some rounds; the reference is JSON.parse of the same packets. */
export function measureBatched(): Figure[] {
  const rates: number[] = [];
  let parsing = 0;
  // The first one warms up.
  for (let round = -1; round < ROUNDS; round += 1) {
    const taking = new Taking({ clusters: CLUSTERS, instancesEach: INSTANCES_EACH, since: NOW });
    const packets = recordPackets(taking.reporters, SECONDS, SAMPLES_EACH);
    const messages = packets.map(({ topic, payload, second }) => ({
      ...{ topic, payload, retained: false, receivedAt: NOW + second * 1000 },
    }));
    const samples = packets.length * SAMPLES_EACH;
    const parse = secondsOf(() => messages.forEach(({ payload }) => void JSON.parse(payload.toString())));
    const used = secondsOf(() => messages.forEach((message) => taking.ingest.message(message)));
    if (taking.accepted !== packets.length || taking.stale !== 0)
      throw new Error(`${packets.length - taking.accepted} packets and ${taking.stale} samples were not taken`);
    const kept = taking.secondsKept(NOW + SECONDS * 1000);
    if (kept < samples * 0.98) throw new Error(`${kept} of ${samples} seconds are in the windows`);
    if (round < 0) continue;
    rates.push(samples / used);
    parsing += samples / parse / ROUNDS;
  }
  const rate = median(rates);
  return [
    {
      ...{ name: 'ingest-batched', value: Math.round(rate), unit: 'samples/s', samples: ROUNDS },
      ...{ ratio: Number((rate / parsing).toFixed(3)), against: 'JSON.parse of the same packets' },
    },
  ];
}

/** Of processor time. */
function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
