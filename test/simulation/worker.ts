/** Runs the seeds that it is told, one after another, and answers with each result. */
import { parentPort } from 'node:worker_threads';
import { run } from '../../control-plane/simulation/world.ts';
import { TIMES } from '../../control-plane/simulation/scenario.ts';

parentPort!.on('message', (seed: number) => {
  run({ seed, ...TIMES }).then(
    (result) => parentPort!.postMessage(result),
    (error: unknown) => {
      // Not a broken rule: the simulation itself is at fault.
      setImmediate(() => {
        throw error;
      });
    },
  );
});
