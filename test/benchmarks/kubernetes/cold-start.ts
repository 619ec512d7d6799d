/**
 * A host cluster with nothing of ours in it, and a thousand service clusters that want one instance each, as after the loss of a host cluster. A
 * quota lets twenty pods be: what is measured is the writing. Then the same world once more, by a provider that starts anew: nothing is to be written.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { applyObjects, kubectl } from '../../kubernetes/cluster.ts';
import { pushedImages } from '../../kubernetes/image-set.ts';
import type { InstanceRequest } from '../../../control-plane/app/ports/provider.ts';
import type { Report } from '../benchmark.ts';
import { Host, writesSoFar } from './host.ts';

const APPLICATIONS = 10;
const ALIASES = 100;
/** A quota in Kubernetes is twice the tenant's. */
const SHARE = { instances: 10, memoryBytes: 2 ** 40, buildsAtOnce: 0 };
/** Service clusters that the control plane acts for at once. */
const AT_ONCE = 16;
const MOST_TRIES = 5;
const IDLE = ['/cartwright/tini', '--', 'sh', '-c', 'trap "exit 0" TERM; sleep 100000 & wait'];
/** What was promised is ten minutes; `CARTWRIGHT_BENCH_STEADY_SECONDS=600` watches for as long. */
const STEADY_SECONDS = 60;
/** Deployment, PodDisruptionBudget, NetworkPolicy, Service and the headless one. */
const OBJECTS_EACH = 5;
const SERVICE_RANGE = 'cartwright-bench';

export async function coldStart(report: Report): Promise<void> {
  const image = (await pushedImages(['nodejs'])).get('nodejs')!;
  await using stack = new AsyncDisposableStack();
  stack.use(await ServiceRange.open());
  const host = stack.use(await Host.open({ image, command: IDLE, share: SHARE }));
  const requests = Array.from({ length: APPLICATIONS * ALIASES }, (_, index) =>
    host.request(`app-${Math.floor(index / ALIASES)}`, `part-${index % ALIASES}`),
  );
  const objects = requests.length * OBJECTS_EACH;
  const memoryBefore = process.memoryUsage().rss;
  const before = await writesSoFar();
  const began = performance.now();
  const limit = pLimit(AT_ONCE);
  let again = 0;
  const create = async (request: InstanceRequest): Promise<unknown> => {
    for (let tries = 1; ; tries++)
      try {
        return await host.provider.create(request);
      } catch (error) {
        // As the control plane does: it asks until it is done, and asking twice makes nothing twice.
        if (tries === MOST_TRIES) throw error;
        again += 1;
      }
  };
  await Promise.all(requests.map((request) => limit(() => create(request))));
  const seconds = (performance.now() - began) / 1000;
  const cold = (await writesSoFar()) - before;
  const memory = process.memoryUsage().rss - memoryBefore;
  report([
    { name: 'kubernetes-cold-objects-per-second', value: objects / seconds, unit: '1/s', samples: objects },
    { name: 'kubernetes-cold-seconds', value: seconds, unit: 's', samples: 1 },
    { name: 'kubernetes-cold-writes-per-object', value: cold / objects, unit: 'writes', samples: objects },
    { name: 'kubernetes-cold-asked-again', value: again, unit: 'requests', samples: requests.length },
    { name: 'kubernetes-memory', value: memory, unit: 'B', samples: 1 },
  ]);

  const reopened = performance.now();
  await host.reopen();
  const restarted = (performance.now() - reopened) / 1000;
  const listed = await host.provider.list();
  if (listed.length !== requests.length) throw new Error(`${listed.length} of ${requests.length} instances were found`);
  // The same is wanted: asked for again, as at the first pass of a control plane that starts.
  const calm = await writesSoFar();
  await Promise.all(requests.map((request) => limit(() => create(request))));
  const steadySeconds = Number(process.env.CARTWRIGHT_BENCH_STEADY_SECONDS ?? STEADY_SECONDS);
  await delay(steadySeconds * 1000);
  const steady = (await writesSoFar()) - calm;
  report([
    { name: 'kubernetes-steady-writes', value: steady, unit: `writes in ${steadySeconds} s`, samples: objects },
    { name: 'kubernetes-restart-seconds', value: restarted, unit: 's', samples: 1 },
  ]);
}

/** Addresses for a thousand Services, which small clusters have not (https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/). */
class ServiceRange implements AsyncDisposable {
  static async open(): Promise<ServiceRange> {
    const metadata = { name: SERVICE_RANGE };
    await applyObjects([
      { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata, spec: { cidrs: ['10.222.0.0/20'] } },
    ]);
    await kubectl('wait', '--for=condition=Ready', `servicecidr/${SERVICE_RANGE}`, '--timeout=60s');
    return new ServiceRange();
  }

  /** It goes when the last address of it is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl('delete', 'servicecidr', SERVICE_RANGE, '--ignore-not-found', '--wait=false');
  }
}
