/**
 * From the moment at which the provider is asked for one instance more to its pod being Ready, and, in turn with it, the same for a Deployment with
 * the same pods that is scaled by hand. Both without an agent: its start is the application's, not the platform's.
 */
import { AppsV1Api, PatchStrategy, setHeaderOptions, type V1Deployment, type V1Pod } from '@kubernetes/client-node';
import { pushedImages } from '../../kubernetes/image-set.ts';
import type { Figure } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { Host, isReady } from './host.ts';
import { Watching } from './watching.ts';

const TIMES = 20;
/** Ready as soon as it listens; ends at once. */
const READY = [
  '/cartwright/tini',
  '--',
  '/cartwright/node',
  '-e',
  'require("node:http").createServer((request, response) => response.end()).listen(8079)',
];
const REFERENCE = 'reference';

export async function podReady(): Promise<Figure[]> {
  const image = (await pushedImages(['nodejs'])).get('nodejs')!;
  await using host = await Host.open({ image, command: READY });
  const { provider, config, namespace } = host;
  const first = host.request('shop', 'web');
  await provider.create(first);
  await using pods = await Watching.open<V1Pod>(config, `/api/v1/namespaces/${namespace}/pods`);
  await using deployments = await Watching.open<V1Deployment>(
    config,
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
  );
  const apps = config.makeApiClient(AppsV1Api);
  await makeReference(apps, namespace);
  const ofReference = (pod: V1Pod): boolean => pod.metadata?.labels?.[REFERENCE] !== undefined;
  const ready = (isReference: boolean) =>
    pods.next(
      'a pod is Ready',
      (pod, phase) => phase !== 'DELETED' && ofReference(pod) === isReference && isReady(pod) && isNew(pod),
    );
  const gone = () => pods.next('a pod is gone', (_, phase) => phase === 'DELETED');
  let old = new Set<string>();
  const isNew = ({ metadata }: V1Pod): boolean => !old.has(metadata!.uid!);
  while (pods.present.filter(isReady).length < 2) await pods.next('both pods are Ready', isReady);

  const byProvider: number[] = [];
  const written: number[] = [];
  const byHand: number[] = [];
  for (let time = 0; time <= TIMES; time++) {
    old = new Set(pods.present.map(({ metadata }) => metadata!.uid!));
    const request = host.request('shop', 'web');
    const asked = performance.now();
    const object = deployments.next('the Deployment asks for two', ({ spec }) => spec?.replicas === 2);
    const serving = ready(false);
    await provider.create(request);
    const [writtenAt, readyAt] = await Promise.all([object, serving]);
    const ended = gone();
    await provider.stop(request.document.instance, 0);
    await Promise.all([ended, provider.remove(request.document.instance)]);

    old = new Set(pods.present.map(({ metadata }) => metadata!.uid!));
    const scaled = performance.now();
    const servingToo = ready(true);
    await scaleReference(apps, namespace, 2);
    const readyToo = await servingToo;
    const endedToo = gone();
    await scaleReference(apps, namespace, 1);
    await endedToo;
    // The first of each pulls and warms.
    if (time === 0) continue;
    written.push(writtenAt - asked);
    byProvider.push(readyAt - asked);
    byHand.push(readyToo - scaled);
  }
  const [ours, theirs] = [median(byProvider), median(byHand)];
  const ratio = Number((ours / theirs).toPrecision(3));
  return [
    { name: 'kubernetes-object-written', value: median(written), unit: 'ms', samples: TIMES },
    {
      name: 'kubernetes-pod-ready',
      value: ratio,
      unit: '× the same Deployment scaled by hand',
      ratio,
      against: 'the same Deployment scaled by hand',
      samples: TIMES,
    },
    { name: 'kubernetes-pod-ready-milliseconds', value: ours, unit: 'ms', samples: TIMES },
    { name: 'kubernetes-by-hand-ready-milliseconds', value: theirs, unit: 'ms', samples: TIMES },
  ];
}

/** A Deployment with the same pods that is nobody's. */
async function makeReference(apps: AppsV1Api, namespace: string): Promise<void> {
  const [model] = (await apps.listNamespacedDeployment({ namespace })).items;
  const { template } = model!.spec!;
  const labels = { [REFERENCE]: 'yes' };
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: REFERENCE, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: template.spec! },
      },
    },
  });
}

/** As `kubectl scale` does, but without the start of a program. */
async function scaleReference(apps: AppsV1Api, namespace: string, replicas: number): Promise<void> {
  await apps.patchNamespacedDeploymentScale(
    { name: REFERENCE, namespace, body: { spec: { replicas } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}
