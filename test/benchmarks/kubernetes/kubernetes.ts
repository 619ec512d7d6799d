/** `npm run bench -- kubernetes`: on a real cluster, which is started where KUBECONFIG names none. */
import { whyNoCluster, withCluster } from '../../kubernetes/environment.ts';
import type { Benchmark } from '../benchmark.ts';
import { coldStart } from './cold-start.ts';
import { podReady } from './pod-ready.ts';
import { wholePath } from './whole.ts';

export const kubernetes: Benchmark = {
  name: 'kubernetes',
  description: 'from a decision to objects and pods of a real cluster, and a thousand service clusters from nothing',
  whyNot: whyNoCluster,
  run: (report) =>
    withCluster(async (environment) => {
      Object.assign(process.env, environment);
      report(await podReady());
      report(await wholePath());
      await coldStart(report);
    }),
};
