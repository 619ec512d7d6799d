/** The broker as the app sees it: one port behind the embedded broker and any outside MQTT 3.1.1 broker. */

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** Receipt, in milliseconds since the epoch, by the control plane's clock. */
  readonly receivedAt: number;
}

/** `connected` is also called after every reconnect: that is when everything desired is published again. */
export interface MessagingListener {
  message(message: IncomingMessage): void;
  connected(): void;
  disconnected(reason: string): void;
}

export interface Messaging {
  /** Starts delivery. Retained state is delivered first; malformed topics are delivered too (the ingest counts them). */
  start(listener: MessagingListener): Promise<void>;
  /** Publishes by the leaf's contract (QoS, retain). Resolves when the broker has taken it; rejects when it is not connected. */
  publish(topic: string, payload: Buffer): Promise<void>;
  /** Clears a retained topic. */
  clear(topic: string): Promise<void>;
  readonly isConnected: boolean;
  /** What the last attempt failed on, while there is no connection. */
  readonly problem?: string | undefined;
  close(): Promise<void>;
}

/** Who an agent is, as the embedded broker's authentication asks. */
export interface InstanceIdentity {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly instance: string;
  readonly isLoadBalancer: boolean;
}

/** Resolves an instance's token; `undefined` refuses. Must never throw. */
export type Authenticate = (instance: string, token: string) => Promise<InstanceIdentity | undefined>;
