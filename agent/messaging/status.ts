/** Makes status reports: the birth at each connect, and one at each change. */
import { newUid } from '../../schema/ids.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { encode, PAYLOAD_VERSION } from '../../schema/mqtt/payload.ts';
import type { Inventory, StatusReport, Will } from '../../schema/mqtt/status.ts';
import { bounded } from '../lifecycle/faults.ts';
import { reasonIn, type Lifecycle } from '../lifecycle/states.ts';
import { AGENT_VERSION } from '../version.ts';

export class StatusReports {
  /** ULID of this run of the agent. */
  readonly session = newUid();
  #document: InstanceDocument;
  #sequence = 0;
  #startSeconds: number | undefined;
  #inventory: Inventory | undefined;
  #hookFailure: StatusReport['hookFailure'];

  constructor(document: InstanceDocument) {
    this.#document = document;
  }

  /** Which instance this is, where that was not known at first. */
  become(document: InstanceDocument): void {
    this.#document = document;
  }

  get will(): Buffer {
    const will: Will = { v: PAYLOAD_VERSION, session: this.session, state: 'offline' };
    return encode(will);
  }

  setInventory(inventory: Inventory): void {
    this.#inventory = inventory;
  }

  /** A hook failed that stops nothing: told with the next reports. */
  setHookFailure(hook: string, message: string): void {
    const number = (this.#hookFailure?.number ?? 0) + 1;
    this.#hookFailure = { hook, number, message: bounded(message) };
  }

  /** The next report. The first `active` of the session fixes `startSeconds`: the time since this process began. */
  next(lifecycle: Lifecycle, restarts: number): StatusReport {
    this.#sequence += 1;
    if (lifecycle.state === 'active') this.#startSeconds ??= performance.now() / 1000;
    const { advertisedHost, ports, cause } = this.#document;
    const reason = reasonIn(lifecycle);
    return {
      v: PAYLOAD_VERSION,
      session: this.session,
      sequence: this.#sequence,
      state: lifecycle.state,
      ...(reason ? { reason } : {}),
      reads: { desired: [PAYLOAD_VERSION], command: [PAYLOAD_VERSION] },
      agentVersion: AGENT_VERSION,
      addresses: ports.map(({ name, port }) => ({ name, host: advertisedHost, port })),
      ...(this.#startSeconds === undefined ? {} : { startSeconds: Math.round(this.#startSeconds * 1000) / 1000 }),
      restarts,
      ...(this.#hookFailure ? { hookFailure: this.#hookFailure } : {}),
      ...(this.#inventory ? { inventory: this.#inventory } : {}),
      ...(cause === undefined ? {} : { cause }),
    };
  }
}
