import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import { PacketGuard } from './packet-guard.ts';
import type { PacketLimits, PacketViolation } from './packet-guard.ts';

const WIDE: PacketLimits = { packetBurst: 1e6, packetsPerSecond: 1e6, byteBurst: 1e9, bytesPerSecond: 1e9 };
const CONNECT = mqttPacket.generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'one',
  keepalive: 30,
});

function publish(bytes: number): Buffer {
  return mqttPacket.generate({
    cmd: 'publish',
    topic: 'a/b',
    payload: Buffer.alloc(bytes),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
}

/** What the guard says to a stream that comes in chunks of these sizes, repeated. */
function verdict(stream: Buffer, sizes: readonly number[], limits = WIDE): PacketViolation | undefined {
  const guard = new PacketGuard(limits, 0);
  for (let offset = 0, index = 0; offset < stream.length; index += 1) {
    const size = sizes[index % sizes.length]!;
    const violation = guard.accept(stream.subarray(offset, offset + size), 0);
    if (violation !== undefined) return violation;
    offset += size;
  }
  return undefined;
}

describe('the packet guard', () => {
  test('lets packets of the contract through, however the stream is cut into chunks', () => {
    const payload = fc.constantFrom(0, 1, 100, 121, 122, 16_378, 16_379, MAX_PAYLOAD_BYTES);
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
        (payloads, sizes) => {
          const stream = Buffer.concat([CONNECT, ...payloads.map(publish), Buffer.from([0xc0, 0, 0xe0, 0])]);
          expect(verdict(stream, sizes)).toBeUndefined();
        },
      ),
      { numRuns: 50 },
    );
  });

  test('finds a packet that is too large wherever the stream is cut, before its body has come', () => {
    const large = publish(MAX_PAYLOAD_BYTES + 1000).subarray(0, 10);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        expect(verdict(Buffer.concat([CONNECT, publish(10), large]), sizes)).toBe('packet-too-large');
      }),
    );
  });

  test('wants a CONNECT first, and only then', () => {
    expect(verdict(publish(1), [100])).toBe('protocol');
    expect(verdict(Buffer.concat([CONNECT, CONNECT]), [100])).toBe('protocol');
    expect(verdict(Buffer.concat([CONNECT, Buffer.from([0xf0, 0])]), [100])).toBe('protocol');
    expect(verdict(Buffer.concat([CONNECT, Buffer.from([0x00, 0])]), [100])).toBe('protocol');
  });

  test('allows a burst and then the rate, in packets and in bytes', () => {
    for (const limits of [
      { ...WIDE, packetBurst: 10, packetsPerSecond: 2 },
      { ...WIDE, byteBurst: CONNECT.length + 18, bytesPerSecond: 4 },
    ]) {
      const guard = new PacketGuard(limits, 0);
      const ping = Buffer.from([0xc0, 0]);
      expect(guard.accept(CONNECT, 0)).toBeUndefined();
      for (let sent = 0; sent < 9; sent += 1) expect(guard.accept(ping, 0)).toBeUndefined();
      for (let second = 1; second <= 5; second += 1) {
        expect(guard.accept(ping, second * 1000)).toBeUndefined();
        expect(guard.accept(ping, second * 1000)).toBeUndefined();
      }
      expect(guard.accept(ping, 5000)).toBe('flood');
    }
  });

  test('never fails on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const guard = new PacketGuard(WIDE, 0);
        guard.accept(CONNECT, 0);
        expect([undefined, 'protocol', 'packet-too-large', 'flood']).toContain(guard.accept(bytes, 0));
      }),
    );
  });
});
