/**
 * Bounds on what one connection may send, checked on the fixed headers alone (MQTT 3.1.1, section 2.2) before the packets
 * are parsed: the parser below it would collect a packet of 256 MB from anybody.
 */
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';

export interface PacketLimits {
  /** Packets that a connection may send at once; `packetsPerSecond` of them come back. */
  readonly packetBurst: number;
  readonly packetsPerSecond: number;
  /** The same in bytes. */
  readonly byteBurst: number;
  readonly bytesPerSecond: number;
}

export type PacketViolation = 'protocol' | 'packet-too-large' | 'flood';

const CONNECT = 1;
const PUBLISH = 3;
const DISCONNECT = 14;
/** Client id, will, user name and token. */
const MAX_CONNECT_BYTES = 16 * 1024;
/** A payload with its topic and packet id. */
const MAX_PUBLISH_BYTES = MAX_PAYLOAD_BYTES + 512;
/** An agent subscribes to three filters; every other packet has a few bytes. */
const MAX_OTHER_BYTES = 4 * 1024;

function limitOf(type: number): number {
  if (type === CONNECT) return MAX_CONNECT_BYTES;
  return type === PUBLISH ? MAX_PUBLISH_BYTES : MAX_OTHER_BYTES;
}

/** A bucket that holds up to `burst` and gets `perSecond` back. */
class Bucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#level = burst;
    this.#at = now;
  }

  /** Takes the amount; `false` when there is not so much. Time in milliseconds. */
  take(amount: number, now: number): boolean {
    const refilled = this.#level + (Math.max(0, now - this.#at) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#burst, refilled) - amount;
    this.#at = now;
    return this.#level >= 0;
  }
}

type Phase =
  | { readonly at: 'type' }
  | { readonly at: 'length'; readonly type: number; readonly value: number; readonly bytes: number }
  | { readonly at: 'body'; readonly left: number };

export class PacketGuard {
  readonly #packets: Bucket;
  readonly #bytes: Bucket;
  #phase: Phase = { at: 'type' };
  #isFirst = true;

  constructor(limits: PacketLimits, now: number) {
    this.#packets = new Bucket(limits.packetBurst, limits.packetsPerSecond, now);
    this.#bytes = new Bucket(limits.byteBurst, limits.bytesPerSecond, now);
  }

  /** Looks at the next bytes of the stream; a violation means that the connection must be ended before they are parsed. */
  accept(chunk: Uint8Array, now: number): PacketViolation | undefined {
    if (!this.#bytes.take(chunk.length, now)) return 'flood';
    for (let offset = 0; offset < chunk.length;) {
      const phase = this.#phase;
      if (phase.at === 'body') {
        const step = Math.min(phase.left, chunk.length - offset);
        offset += step;
        this.#phase = phase.left === step ? { at: 'type' } : { at: 'body', left: phase.left - step };
        continue;
      }
      const byte = chunk[offset]!;
      offset += 1;
      const violation = phase.at === 'type' ? this.#onType(byte >> 4, now) : this.#onLength(phase, byte);
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #onType(type: number, now: number): PacketViolation | undefined {
    // [MQTT-3.1.0-1] the first packet is a CONNECT, [MQTT-3.1.0-2] and no other is.
    if (type < CONNECT || type > DISCONNECT || (type === CONNECT) !== this.#isFirst) return 'protocol';
    this.#isFirst = false;
    this.#phase = { at: 'length', type, value: 0, bytes: 0 };
    return this.#packets.take(1, now) ? undefined : 'flood';
  }

  #onLength(phase: Phase & { at: 'length' }, byte: number): PacketViolation | undefined {
    const value = phase.value + (byte & 0x7f) * 128 ** phase.bytes;
    if (value > limitOf(phase.type)) return 'packet-too-large';
    if (byte < 0x80) {
      this.#phase = value === 0 ? { at: 'type' } : { at: 'body', left: value };
      return undefined;
    }
    if (phase.bytes === 3) return 'protocol';
    this.#phase = { at: 'length', type: phase.type, value, bytes: phase.bytes + 1 };
    return undefined;
  }
}
