/** What reports cost the control plane, from the broker to the windows. */
import type { Benchmark } from '../benchmark.ts';
import { measureBatched } from './batched.ts';
import { measureEmbedded, measureOutside } from './brokers.ts';

export const ingest: Benchmark = {
  name: 'ingest',
  description:
    'samples of a thousand agents: from recorded packets, the embedded broker and Mosquitto into the windows',
  async run(report) {
    report(measureBatched());
    report(await measureEmbedded());
    report(await measureOutside());
  },
};
