/**
 * Questions to the plugin and its answers, over a connection of its own: the account that may change accounts is not the one that
 * reads what agents write. One batch at a time, since the plugin handles them in the broker's only thread.
 */
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import { z } from 'zod';
import { MessagingError } from '../../../app/errors.ts';

const CONTROL_TOPIC = '$CONTROL/dynamic-security/v1';
const RESPONSE_TOPIC = `${CONTROL_TOPIC}/response`;
const MOST_RESPONSE_BYTES = 4 * 1024 * 1024;

export interface ChannelOptions {
  /** `mqtt://host:1883` or `mqtts://host:8883`, without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password?: string;
  /** PEM of the authority that signed the broker's certificate. */
  readonly authority?: Buffer;
  readonly clientId: string;
  /** Longest wait for an answer; the plugin writes a file for each command. */
  readonly answerMilliseconds: number;
  readonly onConnected: () => void;
  /** Called once a connection, or an attempt, is over. */
  readonly onLost: (reason: string) => void;
}

export interface Answer {
  /** The plugin's word for what was wrong. */
  readonly error: string | undefined;
  readonly data: unknown;
}

const responses = z.object({
  responses: z.array(
    z.object({ error: z.string().optional(), correlationData: z.string().optional(), data: z.unknown().optional() }),
  ),
});

interface Pending {
  readonly correlation: string;
  readonly settle: (answers: readonly Answer[] | MessagingError) => void;
}

/** One connection, from the attempt to its end. */
export interface ControlConnection {
  /**
   * Gives commands to the plugin, which carries them out in their order; one answer each. Never two calls at once. Rejects with
   * `MessagingError` BROKER_ACCOUNTS_FAILED when the connection ends, no answer comes in time, or it is none. What was asked for may have been
   * carried out then. No error holds a command: they hold passwords.
   */
  ask(commands: readonly object[]): Promise<readonly Answer[]>;
  close(): void;
}

export class ControlChannel implements ControlConnection {
  readonly #options: ChannelOptions;
  readonly #client: MqttClient;
  #count = 0;
  #pending: Pending | undefined;
  #lastError = 'the connection was closed';

  constructor(options: ChannelOptions) {
    this.#options = options;
    const { url, clientId, username, password, authority } = options;
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      clientId,
      clean: true,
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      username,
      ...(password === undefined ? {} : { password }),
      ...(authority === undefined ? {} : { ca: authority }),
    });
    this.#client = client;
    client.on('connect', () => void this.#subscribe());
    client.on('message', (topic, payload) => {
      if (topic === RESPONSE_TOPIC) this.#receive(payload);
    });
    client.on('error', (error) => {
      this.#lastError = error.message || (error as NodeJS.ErrnoException).code || 'unknown error';
      client.stream.destroy();
    });
    client.once('close', () => {
      client.end(true);
      this.#pending?.settle(this.#failure(this.#lastError));
      options.onLost(this.#lastError);
    });
  }

  ask(commands: readonly object[]): Promise<readonly Answer[]> {
    this.#count += 1;
    const correlation = `${this.#options.clientId}-${this.#count}`;
    const payload = JSON.stringify({
      commands: commands.map((command) => ({ ...command, correlationData: correlation })),
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#lastError = `the plugin did not answer within ${this.#options.answerMilliseconds} ms`;
        this.#client.stream.destroy();
      }, this.#options.answerMilliseconds);
      this.#pending = {
        correlation,
        settle: (result) => {
          clearTimeout(timer);
          this.#pending = undefined;
          if (result instanceof MessagingError) reject(result);
          else if (result.length !== commands.length)
            reject(this.#failure(`${result.length} answers to ${commands.length} commands`));
          else resolve(result);
        },
      };
      this.#client.publish(CONTROL_TOPIC, payload, { qos: 1 }, (error) => {
        if (error) this.#client.stream.destroy();
      });
    });
  }

  close(): void {
    this.#client.end(true);
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#client.subscribeAsync(RESPONSE_TOPIC, { qos: 1 });
      this.#options.onConnected();
    } catch {
      this.#lastError = `the broker does not let ${this.#options.username} read ${RESPONSE_TOPIC}`;
      this.#client.stream.destroy();
    }
  }

  #receive(payload: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const parsed = parseResponses(payload);
    // Answers to others come by the same topic.
    if (parsed === undefined || parsed.responses[0]?.correlationData !== pending.correlation) return;
    pending.settle(parsed.responses.map(({ error, data }) => ({ error, data })));
  }

  #failure(reason: string): MessagingError {
    return new MessagingError(
      'BROKER_ACCOUNTS_FAILED',
      `the broker's accounts were not changed: ${reason}; it is tried again on the next connect`,
    );
  }
}

function parseResponses(payload: Buffer): z.infer<typeof responses> | undefined {
  if (payload.byteLength > MOST_RESPONSE_BYTES) return undefined;
  try {
    return responses.safeParse(JSON.parse(payload.toString())).data;
  } catch {
    return undefined;
  }
}
