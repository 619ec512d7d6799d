/** How the control plane's own messages are published: by the contract of the topic's leaf, and by nothing else. */
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import { COMMAND_LEAF, DELIVERY, parseTopic } from '../../../schema/mqtt/topics.ts';
import { MessagingError } from '../../app/errors.ts';

export interface Delivery {
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/**
 * QoS and retain flag for a message of the control plane. Throws `MessagingError` MESSAGING_TOPIC_INVALID for a topic that
 * is none of the contract's or that only agents write, MESSAGING_PAYLOAD_TOO_LARGE for what no agent would read.
 */
export function deliveryOf(topic: string, payload: Uint8Array): Delivery {
  const parsed = parseTopic(topic);
  if (parsed === undefined || (parsed.kind === 'instance' && parsed.leaf !== COMMAND_LEAF)) {
    throw new MessagingError(
      'MESSAGING_TOPIC_INVALID',
      `"${topic.slice(0, 220)}" is no topic that the control plane publishes; build topics with schema/mqtt/topics.ts`,
    );
  }
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    throw new MessagingError(
      'MESSAGING_PAYLOAD_TOO_LARGE',
      `the payload for ${topic} has ${payload.byteLength} bytes; agents read at most ${MAX_PAYLOAD_BYTES}`,
    );
  }
  return DELIVERY[parsed.leaf];
}

/**
 * Checks that a topic can be cleared: any retained one of the contract, the agents' included (those of an instance that
 * was deleted). Throws `MessagingError` MESSAGING_TOPIC_INVALID.
 */
export function checkClearable(topic: string): void {
  const parsed = parseTopic(topic);
  if (parsed === undefined || !DELIVERY[parsed.leaf].retain) {
    throw new MessagingError(
      'MESSAGING_TOPIC_INVALID',
      `"${topic.slice(0, 220)}" is no retained topic of the contract; there is nothing to clear`,
    );
  }
}

export function notConnected(what: string): MessagingError {
  return new MessagingError(
    'MESSAGING_NOT_CONNECTED',
    `${what} was not published: there is no connection to the broker; it is published again on the next connect`,
  );
}
