/** What turns wanted instances into instances. Two adapters, `process` and `kubernetes`, pass the same contract tests. */
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { ReleaseDocument } from '../../../schema/agent/release-document.ts';
import type { CartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { Placement } from '../../domain/placement/placement.ts';

/** A placement with what narrows it down within its host cluster. */
export interface PlacementRequest extends Placement {
  /** Labels that a node has to have, a zone's included; absent: any node. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

export interface InstanceRequest {
  /** The complete document but for what the provider assigns (addresses, ports, paths of its own). */
  readonly document: Omit<
    InstanceDocument,
    'ports' | 'advertisedHost' | 'listenHost' | 'tokenFile' | 'brokerCaFile' | 'provider' | 'user' | 'memoryGroup'
  >;
  /** The instance's token, in the clear, once; the provider writes it where only the agent reads it. */
  readonly token: string;
  /** Port to be used for the named port, e.g. a load balancer's public one; others are chosen by the provider. */
  readonly fixedPorts: Readonly<Record<string, number>>;
  /** Where it goes: stored before the provider is asked. A provider of one host cluster may leave its name out of account. */
  readonly placement?: PlacementRequest;
}

/** What instances of a service cluster run by while nobody can tell them anything, but for what is another in each host cluster. */
export interface KeptRelease extends Omit<ReleaseDocument, 'v' | 'instance' | 'artifactServer' | 'balancing'> {
  readonly identity: Pick<InstanceDocument, 'tenant' | 'application' | 'alias' | 'cluster'>;
  readonly cartridge: Pick<InstanceDocument['cartridge'], 'name' | 'spec'>;
  /** What the URLs of the release begin with. */
  readonly documentsBase: string;
  /** Of a load balancer: the service clusters of its application, and the ports of those that it sends requests to. */
  readonly balancing?: readonly KeptTarget[];
}

export interface KeptTarget extends Pick<
  NonNullable<ReleaseDocument['balancing']>['targets'][number],
  'alias' | 'topology'
> {
  readonly ports: CartridgeSpec['ports'];
}

/** What a provider says is wrong with an instance, or why there is none of it. */
const PROVIDER_PROBLEMS = [
  /** Its image is not there, or may not be pulled. */
  'image-pull-failed',
  /** No node takes it. */
  'unschedulable',
  /** The tenant has used up what the host cluster gives it. */
  'quota-exceeded',
  /** The host cluster does not let it be made. */
  'pod-refused',
  /** The host cluster refuses nothing, and does not make it. */
  'pod-not-made',
  'container-not-created',
  /** Its container ends again and again; what becomes of the application inside is its agent's to say. */
  'crash-loop',
  'out-of-memory',
  /** It has to leave its node, or has left it. */
  'evicted',
  'node-lost',
] as const;

export interface ProviderProblem {
  readonly code: (typeof PROVIDER_PROBLEMS)[number];
  /** What, which one, and the way out. */
  readonly message: string;
}

export function isProviderProblem(code: string): code is ProviderProblem['code'] {
  return (PROVIDER_PROBLEMS as readonly string[]).includes(code);
}

/** What the provider sees of an instance now; asked of the machine, never remembered. */
export interface ObservedInstance {
  readonly instance: string;
  readonly cluster: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  /** `gone`: its processes have ended (or a restart of the machine ended them) and only its directory is left. */
  readonly state: 'starting' | 'running' | 'gone';
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly protocol: 'http' | 'tcp'; readonly port: number }[];
  /** By digest, what it is run from; absent: from no image. */
  readonly image?: string;
  /** What the provider would do otherwise now, after a change of its settings; the instance goes on as it was begun. */
  readonly outdated?: string;
  /** Why it does not start, runs no more or is gone, as the provider says ({@link ProviderProblem}); or why its agent cannot connect to the broker, as the agent itself says. */
  readonly problem?: { readonly code: string; readonly message: string };
  /** Why it is gone, when that is known: exit code or signal of the agent. */
  readonly detail?: string;
  /** Where it is, as far as the provider itself can say. */
  readonly placement?: Placement;
  /** The node of its host cluster that it is on; absent: on none yet, or there are no nodes. */
  readonly node?: string;
  /**
   * Of a service cluster with volumes: which of them it has, from 0, in its partition. The one that takes its place takes the lowest that is free, and
   * with it the data.
   */
  readonly ordinal?: number;
  /** What it is to the host cluster, the outermost first: a Deployment, its pod; a process. For people. */
  readonly objects?: readonly ProviderObject[];
}

export interface ProviderObject {
  /** Such as `Deployment`, `Pod`, `PersistentVolumeClaim` or `Process`. */
  readonly kind: string;
  /** Such as `cartwright-acme/shop-web-1f3a`, or the number of a process. */
  readonly name: string;
  /** Its state in the host cluster's own words: a phase, a node, a reason. */
  readonly detail?: string;
}

/** What one instance declares, and a place is to have for it. */
export interface InstanceNeeds {
  /** Above 0, or 0 where none are set aside for it. Host clusters set them aside; a machine shares its own among all. */
  readonly cpuCores: number;
  /** Above 0. */
  readonly memoryBytes: number;
}

export interface Provider {
  readonly name: 'process' | 'kubernetes';
  /**
   * Whether instances of different tenants are kept from each other (by user ids, namespaces). Without it only one tenant may
   * have instances: those of another could read its files and end its processes.
   */
  readonly isolatesTenants: boolean;
  /** Every instance that exists, whatever started it. */
  list(): Promise<ObservedInstance[]>;
  /**
   * Idempotent by `document.instance`. Resolves when the instance exists (its agent was started), not when it is active. One that exists stays as it was
   * begun; but where volumes hold instances in their place, those of its service cluster go on from the image that is named now, one after another.
   */
  create(request: InstanceRequest): Promise<ObservedInstance>;
  /**
   * Replaces the instance's token, at once for every reader. Its agent uses the new one within seconds, and the application goes
   * on meanwhile. Idempotent. Throws `ProviderError` where there is no such instance, or nothing can be written.
   */
  replaceToken(instance: string, token: string): Promise<void>;
  /**
   * Ends an instance: asks its agent to stop, waits up to `graceSeconds`, then kills every process of it. Idempotent; the
   * instance is `gone` afterwards, its files are kept until {@link remove}.
   */
  stop(instance: string, graceSeconds: number): Promise<void>;
  /** Kills what is left of an instance and forgets it, files included. Idempotent. */
  remove(instance: string): Promise<void>;
  /**
   * Instances that need so much and still fit in, beyond those that exist and the one-off tasks that run: at the placement, or, without
   * one, in all of its host clusters.
   */
  room(needs: InstanceNeeds, placement?: PlacementRequest): Promise<number>;
  /**
   * Names of host clusters of which {@link list} cannot say now what runs there: an instance that is there, and that it leaves out, is
   * not gone. Absent: none, ever.
   */
  unseen?(): readonly string[];
  /** Whether it has ever listed what runs in a host cluster, by its name. Absent: it has. */
  isSeen?(hostCluster: string): boolean;
  /** Last lines of output that the instance left, oldest first (for explaining a failure when no log line came by MQTT). */
  tail(instance: string, lines: number): Promise<string[]>;
  /**
   * Keeps with the instances of a service cluster what they run by while nobody can tell them anything; null: there is nothing that they
   * should run by. Not waited for, and tried until it is done. Absent: instances of this provider are begun by nobody else.
   */
  keepRelease?(cluster: string, release: KeptRelease | null): void;
  /**
   * The service cluster has as many instances as it wants: what was kept of those that are gone, for others to take their place in, may go.
   * To be said again as long as it is true; does nothing where nothing is kept.
   */
  settle?(cluster: string): void;
  /**
   * Removes what there is for a whole service cluster rather than for its instances, which have ended: the data on its volumes, too. Idempotent;
   * what rejects is tried again.
   */
  removeCluster?(cluster: string): Promise<void>;
  /**
   * Under which the load balancers of a service cluster are reached from outside, where the provider has such an address of its own:
   * the last that was seen; `undefined` where there is none (yet).
   */
  addressOf?(cluster: string): Promise<string | undefined>;
  /** Called (within 500 ms) when an instance's processes appear, end or change; the argument is the instance id. */
  onChange(listener: (instance: string) => void): () => void;
  close(): Promise<void>;
}
