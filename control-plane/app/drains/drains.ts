/** Keeps a sender for each drain that a manifest declares, and none for others. Level-triggered: it looks at what is there. */
import { isDeepStrictEqual } from 'node:util';
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Timer } from '../ports/clock.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import { DrainRunner, type DrainRunnerOptions, type DrainStatus } from './drain-runner.ts';

const LOOK_EVERY_MILLISECONDS = 1000;

export type DrainsOptions = Omit<DrainRunnerOptions, 'application' | 'drain'> & { readonly fleet: Fleet };

interface Running {
  readonly application: ApplicationRecord;
  readonly drain: Drain;
  readonly runner: DrainRunner;
}

export class Drains {
  readonly #options: DrainsOptions;
  /** By uid of the application and name of the drain. */
  readonly #running = new Map<string, Running>();
  readonly #ending = new Set<Promise<void>>();
  #timer: Timer | undefined;

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  start(): void {
    this.look();
    this.#timer = this.#options.clock.setInterval(() => this.look(), LOOK_EVERY_MILLISECONDS);
  }

  /** Starts, changes and ends senders until they are what is declared. */
  look(): void {
    const declared = new Map<string, { application: ApplicationRecord; drain: Drain }>();
    for (const application of this.#options.fleet.applications.values()) {
      if (application.deletingSince !== null) continue;
      for (const drain of application.manifest.spec.drains ?? [])
        declared.set(`${application.uid} ${drain.name}`, { application, drain });
    }
    for (const [key, { drain, runner, application }] of this.#running) {
      const wanted = declared.get(key);
      if (wanted !== undefined && isDeepStrictEqual(wanted.drain, drain)) continue;
      this.#running.delete(key);
      this.#end(runner, application);
    }
    for (const [key, { application, drain }] of declared) {
      if (this.#running.has(key) || this.#ending.size > 0) continue;
      const owner = { tenant: application.tenant, name: application.name };
      const runner = new DrainRunner({ ...this.#options, application: owner, drain });
      this.#running.set(key, { application, drain, runner });
    }
  }

  /** Of one application, in the order of its manifest; one that has not begun yet is left out. */
  status(application: ApplicationRecord): Promise<DrainStatus[]> {
    const names = (application.manifest.spec.drains ?? []).map(({ name }) => name);
    const runners = names.flatMap((name) => this.#running.get(`${application.uid} ${name}`)?.runner ?? []);
    return Promise.all(runners.map((runner) => runner.status()));
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const { runner } of this.#running.values()) this.#track(runner.close());
    this.#running.clear();
    await Promise.all(this.#ending);
  }

  /** Positions of drains that are no more declared go, too: one that comes back begins with what is new. */
  #end(runner: DrainRunner, { uid, tenant, name }: ApplicationRecord): void {
    const { fleet, positions } = this.#options;
    this.#track(
      runner.close().then(() => {
        const drains = fleet.applications.get(uid)?.manifest.spec.drains ?? [];
        return positions.forget(
          { tenant, name },
          drains.map((drain) => drain.name),
        );
      }),
    );
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((error: unknown) => this.#options.logger.warn({ error }, 'a drain did not end cleanly'))
      .finally(() => this.#ending.delete(tracked));
    this.#ending.add(tracked);
  }
}
