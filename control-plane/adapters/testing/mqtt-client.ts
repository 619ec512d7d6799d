/** MQTT clients for tests: an agent as mqtt.js sees it, and a listener that keeps what it hears. */
import mqtt from 'mqtt';
import type { IClientOptions, MqttClient } from 'mqtt';
import { encode } from '../../../schema/mqtt/payload.ts';
import { instanceTopic } from '../../../schema/mqtt/topics.ts';
import type { IncomingMessage, InstanceIdentity, MessagingListener } from '../../app/ports/messaging.ts';

export function tokenOf(instance: string): string {
  return `token-of-${instance}`;
}

export function identityOf(instance: string, changes: Partial<InstanceIdentity> = {}): InstanceIdentity {
  return { tenant: 'acme', application: 'shop', alias: 'web', instance, isLoadBalancer: false, ...changes };
}

/** An agent's connection, with its last will; does not connect again by itself. */
export async function connectAgent(
  port: number,
  identity: InstanceIdentity,
  changes: IClientOptions = {},
): Promise<MqttClient> {
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 4,
    clientId: identity.instance,
    username: identity.instance,
    password: tokenOf(identity.instance),
    clean: true,
    reconnectPeriod: 0,
    will: {
      topic: instanceTopic(identity, 'status'),
      payload: encode({ v: 1, session: 'session', state: 'offline' } as { v: 1 }),
      qos: 1,
      retain: true,
    },
    ...changes,
  });
}

/** Messages that a client receives, as `topic payload`. */
export function received(client: MqttClient): { topic: string; text: string; retain: boolean }[] {
  const messages: { topic: string; text: string; retain: boolean }[] = [];
  client.on('message', (topic, payload, packet) => {
    messages.push({ topic, text: payload.toString(), retain: packet.retain });
  });
  return messages;
}

export class RecordingListener implements MessagingListener {
  readonly messages: IncomingMessage[] = [];
  /** `connected`, `disconnected` and the leaves of messages, in their order. */
  readonly order: string[] = [];

  message(message: IncomingMessage): void {
    this.messages.push(message);
    this.order.push(message.topic.slice(message.topic.lastIndexOf('/') + 1));
  }

  connected(): void {
    this.order.push('connected');
  }

  disconnected(): void {
    this.order.push('disconnected');
  }

  /** Texts received on a topic, in order. */
  texts(topic: string): string[] {
    return this.messages
      .filter((message) => message.topic === topic)
      .map(({ payload }) => Buffer.from(payload).toString());
  }
}
