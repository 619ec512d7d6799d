/**
 * One-off tasks in a host cluster, or builds, each a Job of one pod. What is asked for lies in the API server, and what runs is observed there. A pod is told what to run
 * only once its Job is bound to it, which happens once: so nothing is ever begun a second time, whatever Kubernetes does.
 */
import {
  BatchV1Api,
  CoreV1Api,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  type V1Job,
  type V1Pod,
} from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskResult } from '../../../../schema/agent/task.ts';
import { ProviderError } from '../../../app/errors.ts';
import type { HostClusterTasks } from '../../../app/ports/host-cluster-provider.ts';
import type { JobRequest, ObservedTask, TaskProblem } from '../../../app/ports/tasks.ts';
import { KeyedSerial } from '../../keyed-serial.ts';
import { FIELD_MANAGER, LABELS, platformLabels, POD_ANNOTATION, selectorOf } from '../objects/names.ts';
import { taskIn, taskJob, taskJobName, taskPolicy, type JobKind, type TaskJobRequest } from '../objects/task-job.ts';
import { codeOf, unlessGone } from '../pods/answers.ts';
import { Cache } from '../pods/cache.ts';
import { follow, type Following } from '../pods/follow.ts';
import { refusalIn } from '../pods/problem.ts';
import { boundPod, observedJob } from './observed-job.ts';

const POLL_MILLISECONDS = 100;
/** A Job that has no pod by then is asked why. */
const POD_WITHIN_MILLISECONDS = 3000;
const MOST_ATTEMPTS = 5;

export interface TaskJobsOptions {
  readonly kind: JobKind;
  readonly config: KubeConfig;
  readonly platform: string;
  readonly random: () => number;
  /** All that a Job is made of but for the request itself; the tenant's own objects are there then. */
  readonly prepare: (request: JobRequest) => Promise<TaskJobRequest>;
  /** The result that the agent of a task has brought. */
  readonly resultOf: (task: string) => Promise<TaskResult | undefined>;
  /** Throws when another control plane has taken over; asked before each write. */
  readonly mayAct: () => void;
  readonly onProblem: (error: unknown) => void;
}

export class TaskJobs implements HostClusterTasks {
  readonly #options: TaskJobsOptions;
  readonly #batch: BatchV1Api;
  readonly #core: CoreV1Api;
  readonly #networking: NetworkingV1Api;
  readonly #jobs = new Cache<V1Job>({ keysOf: (one) => [taskIn(one) ?? ''] });
  readonly #pods = new Cache<V1Pod>({ keysOf: (one) => [taskIn(one) ?? ''] });
  readonly #followings: Following[] = [];
  readonly #listeners = new Set<(task: string) => void>();
  readonly #serials = new KeyedSerial();
  readonly #closing = new AbortController();
  /** By task: what was last said of it, for its pod takes it along. */
  readonly #problems = new Map<string, TaskProblem>();

  constructor(options: TaskJobsOptions) {
    this.#options = options;
    this.#batch = options.config.makeApiClient(BatchV1Api);
    this.#core = options.config.makeApiClient(CoreV1Api);
    this.#networking = options.config.makeApiClient(NetworkingV1Api);
  }

  /** Resolves when it is known what is there. */
  async open(): Promise<void> {
    const { config, platform, kind, random, onProblem } = this.#options;
    const labelSelector = `${selectorOf(platformLabels(platform))},${LABELS[kind]}`;
    const shared = { config, labelSelector, random, onProblem };
    this.#followings.push(
      await follow({
        ...shared,
        path: '/apis/batch/v1/jobs',
        list: () => this.#batch.listJobForAllNamespaces({ labelSelector }),
        cache: this.#jobs,
        onChange: (job) => this.#changed(taskIn(job)),
      }),
      await follow({
        ...shared,
        path: '/api/v1/pods',
        list: () => this.#core.listPodForAllNamespaces({ labelSelector }),
        cache: this.#pods,
        onChange: (pod) => this.#changed(taskIn(pod)),
      }),
    );
  }

  list(): Promise<ObservedTask[]> {
    return Promise.all([...this.#jobs.values()].map((job) => this.#observed(job)));
  }

  async observe(task: string): Promise<ObservedTask | undefined> {
    const job = this.#find(task);
    return job && this.#observed(job);
  }

  /** All that there are, as they were last seen. */
  jobs(): V1Job[] {
    return [...this.#jobs.values()];
  }

  has(task: string): boolean {
    return this.#find(task) !== undefined;
  }

  start(request: JobRequest): Promise<void> {
    const { instance } = request.document;
    return this.#serials.run(instance, async () => {
      if (this.has(instance)) return;
      const wanted = await this.#options.prepare(request);
      const job = await this.#create(wanted);
      this.#jobs.put(job);
      this.#changed(instance);
    });
  }

  async stop(task: string, graceSeconds: number): Promise<void> {
    const deadline = performance.now() + graceSeconds * 1000;
    await this.#suspend(task);
    let isForced = false;
    while (this.#podsOf(task).some(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')) {
      if (this.#closing.signal.aborted)
        throw new ProviderError('PROVIDER_CLOSED', `task ${task} was asked to stop; whether it did was not awaited`);
      if (!isForced && performance.now() > deadline) {
        isForced = true;
        for (const pod of this.#podsOf(task)) await this.#deletePod(pod);
      }
      await delay(POLL_MILLISECONDS);
    }
  }

  async remove(task: string): Promise<void> {
    await this.#serials.run(task, async () => {
      const job = this.#find(task);
      if (job === undefined) return;
      const { name = '', namespace = '', uid = '' } = job.metadata ?? {};
      const body = { preconditions: { uid }, propagationPolicy: 'Background' };
      this.#options.mayAct();
      await unlessGone(() => this.#batch.deleteNamespacedJob({ name, namespace, body }));
      this.#jobs.remove(job);
      this.#problems.delete(task);
    });
  }

  taskOf(podUid: string): string | undefined {
    const pod = this.#pods.get(podUid);
    const job = pod && this.#find(taskIn(pod) ?? '');
    return job !== undefined && boundPod(job) === podUid ? taskIn(job) : undefined;
  }

  onChange(listener: (task: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    await Promise.all(this.#followings.map((following) => following.close()));
    await this.#serials.idle();
  }

  #find(task: string): V1Job | undefined {
    return this.#jobs.under(task)[0];
  }

  #podsOf(task: string): V1Pod[] {
    return this.#pods.under(task);
  }

  async #observed(job: V1Job): Promise<ObservedTask> {
    const task = taskIn(job) ?? '';
    const pods = this.#podsOf(task);
    const refusal = pods.length === 0 ? await this.#refusalOf(job) : undefined;
    const problem = refusal ?? this.#problems.get(task);
    const seen = observedJob({ job, pods, result: await this.#options.resultOf(task), problem });
    // A trouble that has passed is none; what ended it stays known when its pod is gone.
    if (seen.problem !== undefined) this.#problems.set(task, seen.problem);
    else if (pods.length > 0) this.#problems.delete(task);
    return seen;
  }

  /** Why no pod is made; that is said in events alone. */
  async #refusalOf({ metadata, spec }: V1Job): Promise<TaskProblem | undefined> {
    const age = Date.now() - new Date(metadata?.creationTimestamp ?? 0).getTime();
    if (age < POD_WITHIN_MILLISECONDS || spec?.suspend === true) return undefined;
    const { namespace = '', uid = '' } = metadata ?? {};
    const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
    const { items } = await this.#core.listNamespacedEvent({ namespace, fieldSelector, limit: 50 });
    const { message } = items.at(-1) ?? {};
    return message === undefined ? undefined : refusalIn(namespace, message);
  }

  async #create(wanted: TaskJobRequest): Promise<V1Job> {
    const name = taskJobName(wanted.kind, wanted.task);
    this.#options.mayAct();
    try {
      const body = taskJob(wanted);
      return await this.#batch.createNamespacedJob({ namespace: wanted.namespace, body, fieldManager: FIELD_MANAGER });
    } catch (error) {
      if (codeOf(error) !== 409) throw error;
    }
    // Made by a control plane that ended before it was told so.
    const there = await this.#batch.readNamespacedJob({ namespace: wanted.namespace, name });
    if (taskIn(there) === wanted.task && there.metadata?.labels?.[LABELS.platform] === wanted.platform) return there;
    throw new ProviderError(
      'OBJECT_TAKEN',
      `the Job ${name} in the namespace ${wanted.namespace} of the host cluster is not this platform's (label ${LABELS.platform}) and is left alone; remove it`,
    );
  }

  #changed(task: string | undefined): void {
    if (task === undefined || this.#closing.signal.aborted) return;
    const job = this.#find(task);
    if (job !== undefined && boundPod(job) === undefined && this.#podsOf(task).length > 0)
      this.#serials.run(task, () => this.#bind(task)).catch((error: unknown) => this.#problem(error));
    for (const listener of this.#listeners) {
      try {
        listener(task);
      } catch (error) {
        this.#problem(error);
      }
    }
  }

  /** Its first pod is the one that runs it. Written on the version that was read, so that of two who do it one does. */
  async #bind(task: string): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const job = this.#find(task);
      const [pod] = this.#podsOf(task);
      if (job === undefined || pod === undefined || boundPod(job) !== undefined) return;
      const { name = '', namespace = '', resourceVersion } = job.metadata ?? {};
      const annotations = { [POD_ANNOTATION]: pod.metadata?.uid ?? '' };
      this.#options.mayAct();
      try {
        await this.#openNetwork(job);
        const body = { metadata: { resourceVersion, annotations } };
        this.#jobs.put(await this.#patch(name, namespace, body));
      } catch (error) {
        if (codeOf(error) === 404) return;
        if (codeOf(error) !== 409) throw error;
        this.#jobs.put(await this.#batch.readNamespacedJob({ name, namespace }));
      }
    }
  }

  /** Until then its pod reaches what all of its namespace do. */
  async #openNetwork(job: V1Job): Promise<void> {
    const namespace = job.metadata?.namespace ?? '';
    try {
      await this.#networking.createNamespacedNetworkPolicy({ namespace, body: taskPolicy(job) });
    } catch (error) {
      if (codeOf(error) !== 409) throw error;
    }
  }

  /** Its pods are asked to end, and no other is made. */
  async #suspend(task: string): Promise<void> {
    await this.#serials.run(task, async () => {
      const job = this.#find(task);
      if (job === undefined || job.spec?.suspend === true) return;
      const { name = '', namespace = '' } = job.metadata ?? {};
      this.#options.mayAct();
      await unlessGone(async () => this.#jobs.put(await this.#patch(name, namespace, { spec: { suspend: true } })));
    });
  }

  #patch(name: string, namespace: string, body: object): Promise<V1Job> {
    return this.#batch.patchNamespacedJob(
      { name, namespace, body, fieldManager: FIELD_MANAGER },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }

  async #deletePod({ metadata }: V1Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = metadata ?? {};
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    this.#options.mayAct();
    await unlessGone(() => this.#core.deleteNamespacedPod({ name, namespace, body }));
  }

  #problem(error: unknown): void {
    if (!this.#closing.signal.aborted) this.#options.onProblem(error);
  }
}
