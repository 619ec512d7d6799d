/** Packets as agents send them: what one reads each second, made into columns by its own code. */
import { columnsOf } from '../../../agent/messaging/stats-batch.ts';
import { SampleMaker, type Sample } from '../../../agent/telemetry/sample.ts';
import { encode } from '../../../schema/mqtt/payload.ts';
import type { Reporter } from './taking.ts';

const MEBIBYTE = 2 ** 20;

/** A busy instance of half a gibibyte: every gauge moves with each second. */
class Readings {
  readonly #maker = new SampleMaker(0.5);
  readonly #phase: number;
  #second = 0;
  #cpuSeconds = 0;

  constructor(phase: number) {
    this.#phase = phase;
  }

  next(): Sample {
    this.#second += 1;
    const wave = Math.sin((this.#second + this.#phase) / 7);
    this.#cpuSeconds += 0.3 + 0.1 * wave;
    const usage = {
      cpuSeconds: this.#cpuSeconds,
      runnableSeconds: this.#cpuSeconds * 1.3,
      memoryBytes: Math.round((300 + 40 * wave) * MEBIBYTE),
      memoryLimitBytes: 512 * MEBIBYTE,
      gauges: { cpuPressure: Math.round(100 * (1 + wave)) / 100, memoryPressure: 0 },
      counters: {},
    };
    return this.#maker.make(usage, this.#second * 1000);
  }
}

export interface RecordedPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly samples: number;
  /** Of its newest sample, in seconds since the recording began. */
  readonly second: number;
}

/**
 * What all of them send in so many seconds, in the order in which it is sent.
 *
 * @param each samples that a packet has
 */
export function recordPackets(reporters: readonly Reporter[], seconds: number, each: number): RecordedPacket[] {
  const readings = reporters.map((_, index) => new Readings(index));
  const packets: RecordedPacket[] = [];
  for (let second = each; second <= seconds; second += each)
    for (const [index, { session, topic }] of reporters.entries()) {
      const samples = Array.from({ length: each }, () => readings[index]!.next());
      const report = columnsOf(session, samples, second * 1000, second * 1000);
      packets.push({ topic, payload: encode(report), samples: each, second });
    }
  return packets;
}
