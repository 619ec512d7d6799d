/**
 * What must reach the control plane although the broker may be away: the newest report of each retained leaf, and
 * acknowledgements in order. Sent when connected, and the retained ones again at each connect.
 */
import { encode } from '../../schema/mqtt/payload.ts';
import type { ArtifactReport } from '../../schema/mqtt/artifact.ts';
import type { Ack } from '../../schema/mqtt/command.ts';
import type { StatusReport } from '../../schema/mqtt/status.ts';
import type { AgentLog } from '../logs/agent-log.ts';

const MAX_ACKS = 256;

interface Publisher {
  readonly isConnected: boolean;
  publish(leaf: 'status' | 'artifact' | 'ack', payload: Buffer): Promise<void>;
}

export class Outbox {
  readonly #publisher: Publisher;
  readonly #log: AgentLog;
  #status: StatusReport | undefined;
  #artifact: ArtifactReport | undefined;
  #acks: Ack[] = [];
  #isSending = false;

  constructor(publisher: Publisher, log: AgentLog) {
    this.#publisher = publisher;
    this.#log = log;
  }

  /** Resolves when the broker has it; rejects when it is away (it is sent at the next connect then). */
  async status(report: StatusReport): Promise<void> {
    this.#status = report;
    await this.#publisher.publish('status', encode(report));
  }

  async artifact(report: ArtifactReport): Promise<void> {
    this.#artifact = report;
    await this.#publisher.publish('artifact', encode(report));
  }

  ack(ack: Ack): void {
    this.#acks.push(ack);
    if (this.#acks.length > MAX_ACKS) {
      this.#acks.shift();
      this.#log('warn', 'an acknowledgement was dropped: too many wait for the broker');
    }
    void this.#sendAcks();
  }

  /** After a connect: the artifact report and what waits. The status is the birth's, made anew by its owner. */
  resend(): void {
    if (this.#artifact) this.#attempt(this.artifact(this.#artifact));
    void this.#sendAcks();
  }

  /** Whether the last status report came from this session's present state. */
  get lastStatus(): StatusReport | undefined {
    return this.#status;
  }

  #attempt(sending: Promise<void>): void {
    sending.catch((error: Error) => this.#log('debug', 'not published', { error: error.message }));
  }

  async #sendAcks(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#publisher.isConnected && this.#acks.length > 0) {
        const ack = this.#acks[0]!;
        await this.#publisher.publish('ack', encode(ack));
        if (this.#acks[0] === ack) this.#acks.shift();
      }
    } catch (error) {
      this.#log('debug', 'acknowledgement not published', { error: (error as Error).message });
    } finally {
      this.#isSending = false;
    }
  }
}
