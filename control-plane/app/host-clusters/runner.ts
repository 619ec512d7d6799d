/** Watches over one host cluster: asks it again and again, tells of changes, and runs the probe that its record waits for. */
import type { Logger } from 'pino';
import type { EventType } from '../../domain/events/types.ts';
import { fullJitter, pause } from '../back-off.ts';
import { noticeFor } from '../certificates/expiry-watch.ts';
import { CartwrightError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostClusterAccess, HostClusterLink, ProbeFailure } from '../ports/host-clusters.ts';
import type { ReviewedPod } from '../ports/pods.ts';
import type { Vault } from '../ports/vault.ts';
import type { HostClusterProbe, HostClusterRecord } from '../records/host-clusters.ts';
import type { HostClusterCredential } from './credential.ts';
import { answered, failed, type HostClusterStatus } from './status.ts';

const INTERVAL_MILLISECONDS = 10_000;
const BACK_OFF = { baseMilliseconds: 2_000, capMilliseconds: 30_000 };
/** For one look, whatever the connection's own limits are. */
const LOOK_MILLISECONDS = 20_000;
const PROBE_MILLISECONDS = 180_000;
/** Who asks waits for it, and asks again. */
const REVIEW_MILLISECONDS = 8_000;

export interface HostClusterRunnerOptions {
  readonly access: HostClusterAccess;
  readonly vault: Pick<Vault, 'open'>;
  readonly events: EventRecorder;
  /** The image of probe pods, unless somebody names another. */
  readonly probeImage: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'warn'>;
  /** After each change of the status or of the record. */
  readonly onChange: () => void;
}

export class HostClusterRunner {
  status: HostClusterStatus;
  #record: HostClusterRecord;
  readonly #options: HostClusterRunnerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #link: HostClusterLink | undefined;
  #probing: Promise<void> | undefined;

  /** Runs from now on. `status`: what was known of it before. */
  constructor(
    options: HostClusterRunnerOptions,
    record: HostClusterRecord,
    status: HostClusterStatus = { kind: 'unknown' },
  ) {
    this.#options = options;
    this.#record = record;
    this.status = status;
    this.#running = this.#run();
  }

  get record(): HostClusterRecord {
    return this.#record;
  }

  /** The record as it is now, with the same credential; a probe that it asks for begins. */
  take(record: HostClusterRecord): void {
    this.#record = record;
    if (this.status.kind === 'reachable') this.#probe();
  }

  /** Over the same connection. Rejects with `HostClusterError`, within seconds. */
  reviewPodToken(token: string, audience: string): Promise<ReviewedPod | null> {
    return this.#limited(REVIEW_MILLISECONDS, (signal) => this.#connected().reviewPodToken(token, audience, signal));
  }

  /** Ends what is under way and closes the connection. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#probing;
    await this.#link?.close();
    this.#link = undefined;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted;) {
      failures = (await this.#look(failures)) ? 0 : failures + 1;
      const milliseconds =
        failures === 0 ? INTERVAL_MILLISECONDS : 1_000 + fullJitter(failures - 1, random(), BACK_OFF);
      await pause(clock, milliseconds, this.#stop.signal).catch(() => undefined);
    }
  }

  /** Never rejects. @returns whether the cluster has answered */
  async #look(failures: number): Promise<boolean> {
    const { clock } = this.#options;
    const began = clock.monotonic();
    try {
      const reading = await this.#limited(LOOK_MILLISECONDS, (signal) => this.#connected().observe(signal));
      const now = clock.now();
      this.#become(answered(this.status, reading, { now, latencyMilliseconds: clock.monotonic() - began }));
    } catch (error) {
      if (this.#stop.signal.aborted) return false;
      this.#become(failed(this.status, saidOf(error), { now: clock.now(), failures: failures + 1 }));
      return false;
    }
    this.#probe();
    await this.#noticeEnd();
    return true;
  }

  #connected(): HostClusterLink {
    const { access, vault } = this.#options;
    return (this.#link ??= access.open(openCredential(vault, this.#record)));
  }

  #become(status: HostClusterStatus): void {
    const before = this.status;
    this.status = status;
    this.#options.onChange();
    if (before.kind === status.kind) return;
    if (status.kind === 'unreachable')
      this.#tell('host-cluster.unreachable', { code: status.failure.code, reason: status.failure.message });
    else if (status.kind === 'reachable' && before.kind === 'unreachable')
      this.#tell('host-cluster.reachable', { version: status.reading.version });
  }

  #tell(type: EventType, data: Happening['data']): void {
    this.#options.events.record(happeningTo(this.#record, type, data));
  }

  /** Beside the looks, which go on meanwhile. */
  #probe(): void {
    if (this.#record.probe.state !== 'waiting') return;
    this.#probing ??= this.#runProbe(this.#record.probe)
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#options.logger.warn({ error, hostCluster: this.#record.name }, 'a probe could not be stored');
      })
      .finally(() => (this.#probing = undefined));
  }

  async #runProbe(asked: Extract<HostClusterProbe, { state: 'waiting' }>): Promise<void> {
    const { clock, probeImage } = this.#options;
    const { uid, brokerUrl, controlPlaneUrl, ca } = this.#record;
    const image = asked.image ?? probeImage;
    const began = clock.monotonic();
    const failures = await this.#limited(PROBE_MILLISECONDS, (signal) =>
      this.#connected().probe({ uid, image, brokerUrl, controlPlaneUrl, ca }, signal),
    ).catch((error: unknown): ProbeFailure[] => {
      // Whoever ends the control plane has it begin again at the next start.
      this.#stop.signal.throwIfAborted();
      return [saidOf(error)];
    });
    const milliseconds = Math.round(clock.monotonic() - began);
    const what = { at: clock.now(), image, milliseconds };
    const probe: HostClusterProbe =
      failures.length === 0
        ? { state: 'passed', ...what }
        : { state: 'failed', ...what, failures: failures.slice(0, 20) };
    await this.#save(
      (present) => (present.probe.state === 'waiting' && present.probe.since === asked.since ? { probe } : {}),
      failures.length === 0
        ? happeningTo(this.#record, 'host-cluster.probe-passed', { image, milliseconds })
        : happeningTo(this.#record, 'host-cluster.probe-failed', {
            image,
            failures: failures.map(({ message }) => message),
          }),
    );
  }

  async #noticeEnd(): Promise<void> {
    const { credentialEndsAt: notAfter, noticedDays, version } = this.#record;
    if (notAfter === null) return;
    const { clock, logger } = this.#options;
    const due = noticeFor({ notAfter, noticedDays }, clock.now());
    if (due === null) return;
    await this.#save(
      (present) => (present.version === version ? { noticedDays: due } : {}),
      happeningTo(this.#record, due === 0 ? 'host-cluster.credentials-expired' : 'host-cluster.credentials-expiring', {
        notAfter: new Date(notAfter).toISOString(),
        withinDays: due,
      }),
    ).catch((error: unknown) =>
      logger.warn({ error, hostCluster: this.#record.name }, 'the end of a credential could not be told'),
    );
  }

  async #save(patch: (present: HostClusterRecord) => Partial<HostClusterRecord>, happening: Happening): Promise<void> {
    const { events, onChange } = this.#options;
    const saved = await events.change(async (tx) => {
      const present = await tx.hostClusters.get(this.#record.uid);
      if (present === undefined) return undefined;
      const next = { ...present, ...patch(present) };
      await tx.hostClusters.save(next);
      return next;
    }, happening);
    if (saved !== undefined) this.#record = saved;
    onChange();
  }

  /** `work` with a signal that aborts after the time, or when the runner is closed. */
  async #limited<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const timer = this.#options.clock.setTimeout(
      () =>
        limit.abort(new CartwrightError('HOST_CLUSTER_TIMEOUT', `it did not answer within ${milliseconds / 1000} s`)),
      milliseconds,
    );
    try {
      return await work(AbortSignal.any([limit.signal, this.#stop.signal]));
    } finally {
      timer.cancel();
    }
  }
}

/** Throws `SecretError` where its key is lost. */
export function openCredential(vault: Pick<Vault, 'open'>, record: HostClusterRecord): HostClusterCredential {
  return JSON.parse(vault.open(record, record.sealed)) as HostClusterCredential;
}

export function happeningTo(
  { uid, name }: HostClusterRecord,
  type: EventType,
  data: Happening['data'],
  cause?: string,
): Happening {
  return {
    tenant: null,
    subject: { kind: 'HostCluster', uid, name },
    type,
    data,
    ...(cause === undefined ? {} : { cause }),
  };
}

function saidOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  return { code: typeof code === 'string' ? code : 'HOST_CLUSTER_FAILED', message };
}
