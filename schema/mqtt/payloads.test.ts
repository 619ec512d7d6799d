/** Every payload against whatever a client may send: parsers answer, never throw, and let through nothing that is no number or steers a terminal. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { damaged, hostileJson, hostileValue, mutated, unsound } from '../testing/hostile.ts';
import { parseArtifactReport } from './artifact.ts';
import { parseAck, parseCommand } from './command.ts';
import { LATENCY_BUCKETS_MILLISECONDS, parseDemand } from './demand.ts';
import { parseDesired } from './desired.ts';
import { parseLog } from './log.ts';
import { encode, MAX_PAYLOAD_BYTES, type Parsed } from './payload.ts';
import { parseStats } from './stats.ts';
import { parseStatus } from './status.ts';
import { parseTopology } from './topology.ts';

type Payload = { readonly v: 1 } & Readonly<Record<string, unknown>>;

const session = '01hzy3v8k5qj9s7w2r4t6m8n0p';
const digest = `sha256-${'0a'.repeat(32)}`;
const reason = { code: 'crash-loop', message: 'it ended with code 1:\n\tno till' };
const version = { uid: 'c1', epoch: 1_800_000_000, generation: 7 };
const release = {
  release: 'r1',
  artifacts: [{ slot: 'app', digest, bytes: 10, urls: [`http://127.0.0.1:4747/instance/v1/artifacts/${digest}`] }],
  configurationDigest: 'ab'.repeat(32),
  configurationUrl: 'https://control.example.org/instance/v1/releases/r1/configuration',
};
const target = {
  inFlight: 1,
  queued: 2,
  inFlightSeconds: 1.5,
  queuedSeconds: 0.5,
  saturatedSeconds: 0.25,
  arrivals: 9,
  completions: [0, 5, 0, 1, 0],
  serviceSeconds: 1.25,
  sheds: 1,
  failures: 0,
  abandoned: 1,
  bytesIn: 100,
  bytesOut: 1e9,
  latency: LATENCY_BUCKETS_MILLISECONDS.map(() => 1).concat(3),
  instances: { i1: { inFlight: 1, inFlightSeconds: 1.25, completions: 6, failures: 0 } },
};

const PAYLOADS: readonly (readonly [string, (bytes: Uint8Array) => Parsed<unknown>, Payload])[] = [
  [
    'status',
    parseStatus,
    {
      v: 1,
      session,
      sequence: 3,
      state: 'faulty',
      reason,
      reads: { desired: [1], command: [1] },
      agentVersion: '0.2.0-dev',
      addresses: [
        { name: 'http', host: '127.0.0.1', port: 41_000 },
        { name: 'admin', host: 'fd00::1', port: 1 },
      ],
      startSeconds: 1.5,
      restarts: 2,
      inventory: { hostname: 'node-1', memoryBytes: 8e9 },
      cause: 'd1',
    },
  ],
  ['will', parseStatus, { v: 1, session, state: 'offline' }],
  [
    'stats',
    parseStats,
    {
      v: 1,
      session,
      sequence: [4, 5],
      clock: 1_800_000_000_000,
      ageMilliseconds: [1000, 0],
      gauges: { loadAverage: [70, 80.5], memory: [1, 2], 'app-queue': [0, 0] },
      counters: { cpuSeconds: [0.5, 1.25], memoryByteSeconds: [1e18, 2e18] },
    },
  ],
  [
    'demand',
    parseDemand,
    { v: 1, session, sequence: 4, ageMilliseconds: 0, uptimeSeconds: 12.5, targets: { web: target } },
  ],
  [
    'artifact',
    parseArtifactReport,
    {
      v: 1,
      session,
      sequence: 5,
      release: 'r1',
      slots: { app: { epoch: 1, generation: 2, release: 'r2', digest, phase: 'failed', error: reason } },
    },
  ],
  ['drain', parseCommand, { v: 1, id: 'c1', kind: 'drain', expiresInMilliseconds: 5000, deadlineMilliseconds: 5000 }],
  ['report-interval', parseCommand, { v: 1, id: 'c2', kind: 'report-interval', expiresInMilliseconds: 0, seconds: 5 }],
  ['ack of a command', parseAck, { v: 1, session, kind: 'command', id: 'c1', result: 'failed', reason }],
  ['ack of a topology', parseAck, { v: 1, session, kind: 'topology', alias: 'web', ...version }],
  [
    'desired',
    parseDesired,
    { v: 1, ...version, stable: release, candidate: { ...release, instances: ['i1'] }, reportIntervalSeconds: 5 },
  ],
  [
    'topology',
    parseTopology,
    {
      v: 1,
      ...version,
      routes: [{ path: '/' }, { host: 'shop.example.org', path: '/api/v1' }],
      concurrency: 10,
      members: [{ instance: 'i1', host: '10.0.0.7', port: 8080, weight: 1, state: 'draining' }],
    },
  ],
];

const RUNS = { numRuns: 400 };

describe.each(PAYLOADS)('%s', (_, parse, payload) => {
  const check = (bytes: Uint8Array): void => {
    const parsed = parse(bytes);
    if (!parsed.ok) {
      expect(parsed.detail.length).toBeLessThanOrEqual(300);
      return;
    }
    expect(unsound(parsed.value)).toBeUndefined();
    const again = encode(parsed.value as Payload);
    expect(parse(again)).toEqual(parsed);
    // U+FFFD takes up to three bytes in the place of one.
    expect(again.byteLength).toBeLessThanOrEqual(3 * bytes.byteLength + 200);
  };

  test('is read as it was written', () => {
    expect(parse(encode(payload))).toEqual({ ok: true, value: payload });
  });

  test('with something wrong in it', () => {
    fc.assert(
      fc.property(mutated(payload), (value) => check(Buffer.from(hostileJson(value)))),
      { numRuns: 1500 },
    );
  });

  test('with fields of any kind', () => {
    const fields = fc.record(Object.fromEntries(Object.keys(payload).map((name) => [name, hostileValue])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(fields, (value) => check(Buffer.from(hostileJson({ ...value, v: 1 })))),
      RUNS,
    );
  });

  test('with damaged text', () => {
    fc.assert(
      fc.property(damaged(JSON.stringify(payload)), (text) => check(Buffer.from(text))),
      RUNS,
    );
  });

  test('of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check(bytes)),
      RUNS,
    );
  });

  test('nested deeply, or beyond the largest size', () => {
    const deep = 100_000;
    check(Buffer.from(`{"v":1,"session":${'['.repeat(deep)}${']'.repeat(deep)}}`));
    check(Buffer.from(`{"v":1,"x":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`));
    expect(parse(Buffer.alloc(MAX_PAYLOAD_BYTES + 1, 32))).toMatchObject({ ok: false, problem: 'too-large' });
  });
});

describe('lines of a log', () => {
  const line = { stream: 'stdout', ageMilliseconds: 0, text: 'hello' };
  const payload: Payload = { v: 1, session, sequence: 1, lines: [line, line], dropped: 0 };

  test('hold whatever the application wrote, within bounds; all else is sound', () => {
    expect(parseLog(encode(payload)).ok).toBe(true);
    fc.assert(
      fc.property(mutated(payload), (value) => {
        const parsed = parseLog(Buffer.from(hostileJson(value)));
        if (!parsed.ok) return;
        expect(parsed.value.lines.length).toBeLessThanOrEqual(500);
        for (const { text } of parsed.value.lines) expect(text.length).toBeLessThanOrEqual(8192);
        const lines = parsed.value.lines.map((item) => ({ ...item, text: '' }));
        expect(unsound({ ...parsed.value, lines })).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
  });
});

describe('addresses', () => {
  const status = PAYLOADS[0]![2];
  const accepts = (host: string): boolean =>
    parseStatus(encode({ ...status, addresses: [{ name: 'http', host, port: 80 }] } as Payload)).ok;

  test.each(['127.0.0.1', 'localhost', 'node-7.example.org', 'a_b', '::1', 'fd00::1', '::ffff:10.0.0.1'])(
    '%j is one',
    (host) => expect(accepts(host)).toBe(true),
  );

  test.each([
    '',
    ' ',
    'a b',
    'a\u0000',
    '127.0.0.1\r\n',
    '\u001b[31m',
    'a/b',
    'user@host',
    'host:80',
    'host?',
    '[::1]',
    '%2e',
    'ä',
    'x'.repeat(254),
  ])('%j is none', (host) => expect(accepts(host)).toBe(false));
});

test('a text with control characters is kept without them', () => {
  const message = 'ended:\n\tred \u001b[31m, cleared \u001b[2J, nul \u0000, reversed \u202e';
  const payload: Payload = { ...PAYLOADS[0]![2], reason: { code: 'x', message } };
  const parsed = parseStatus(encode(payload));
  expect(parsed).toMatchObject({
    value: { reason: { message: 'ended:\n\tred \ufffd[31m, cleared \ufffd[2J, nul \ufffd, reversed \ufffd' } },
  });
});
