/**
 * `<instance>/stats`: one-second samples in columns. QoS 0, not retained.
 *
 * All columns have the same length (1–120). Gauges are instantaneous, counters cumulative since the session began, so that a
 * lost message loses resolution but no usage. Parsed by hand: this is the hottest input of the control plane.
 */
import { isId } from '../ids.ts';
import { parseEnvelope, problem, type Parsed, type PAYLOAD_VERSION } from './payload.ts';

export const MAX_SAMPLES_PER_MESSAGE = 120;
/** Two of the platform's plus at most 16 of the application's own. */
const MAX_GAUGES = 24;
const MAX_COUNTERS = 24;

/** Gauge names of the platform; applications add their own with the prefix `app-`. */
export const GAUGE = {
  /** Runnable threads per declared CPU, in per cent (100 = as many runnable threads as declared CPUs). */
  loadAverage: 'loadAverage',
  /** Working set in per cent of the memory limit. */
  memory: 'memory',
  /** Working set in bytes. */
  memoryBytes: 'memoryBytes',
} as const;

/** Counter names of the platform, cumulative since the session began. */
export const COUNTER = { cpuSeconds: 'cpuSeconds', memoryByteSeconds: 'memoryByteSeconds' } as const;

export interface StatsReport {
  readonly v: typeof PAYLOAD_VERSION;
  readonly session: string;
  /** Strictly increasing within the session; one number per sample. */
  readonly sequence: readonly number[];
  /** Age of each sample when the message was sent, on the agent's monotonic clock. */
  readonly ageMilliseconds: readonly number[];
  /** The agent's clock when the message was sent, in milliseconds since the epoch: what it is off by is shown. Absent from most messages. */
  readonly clockMilliseconds?: number;
  readonly gauges: Readonly<Record<string, readonly number[]>>;
  readonly counters: Readonly<Record<string, readonly number[]>>;
}

const NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,39}$/;
const MAX_AGE_MILLISECONDS = 24 * 3600 * 1000;
/** Byte seconds of a large instance pass 2^53 within days; a double still tells them apart well enough. */
const MAX_COUNTER = 1e21;

function isColumn(value: unknown, length: number, max: number): value is number[] {
  if (!Array.isArray(value) || value.length !== length) return false;
  for (const item of value) {
    if (typeof item !== 'number' || !(item >= 0 && item <= max)) return false;
  }
  return true;
}

function isColumns(value: unknown, length: number, most: number, max: number): value is Record<string, number[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  if (names.length > most) return false;
  return names.every((name) => NAME.test(name) && isColumn((value as Record<string, unknown>)[name], length, max));
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

export function parseStats(bytes: Uint8Array): Parsed<StatsReport> {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { session, sequence, ageMilliseconds, clockMilliseconds, gauges, counters } = envelope.value;
  if (!isId(session)) return problem('invalid-payload', 'session: expected an id');
  const length = Array.isArray(sequence) ? sequence.length : 0;
  if (length < 1 || length > MAX_SAMPLES_PER_MESSAGE)
    return problem('invalid-payload', `sequence: expected 1 to ${MAX_SAMPLES_PER_MESSAGE} numbers`);
  if (!isColumn(sequence, length, Number.MAX_SAFE_INTEGER))
    return problem('invalid-payload', 'sequence: expected whole numbers');
  for (let index = 0; index < length; index += 1) {
    const value = sequence[index]!;
    if (!Number.isInteger(value) || (index > 0 && value <= sequence[index - 1]!))
      return problem('invalid-payload', 'sequence: expected strictly increasing whole numbers');
  }
  if (!isColumn(ageMilliseconds, length, MAX_AGE_MILLISECONDS))
    return problem('invalid-payload', 'ageMilliseconds: expected a column of ages of at most a day');
  if (clockMilliseconds !== undefined && !isTime(clockMilliseconds))
    return problem('invalid-payload', 'clockMilliseconds: expected milliseconds since the epoch');
  if (!isColumns(gauges, length, MAX_GAUGES, Number.MAX_SAFE_INTEGER))
    return problem(
      'invalid-payload',
      `gauges: expected at most ${MAX_GAUGES} named columns of finite numbers that are not negative`,
    );
  if (!isColumns(counters, length, MAX_COUNTERS, MAX_COUNTER))
    return problem(
      'invalid-payload',
      `counters: expected at most ${MAX_COUNTERS} named columns of finite numbers that are not negative`,
    );
  const clock = clockMilliseconds === undefined ? {} : { clockMilliseconds };
  return { ok: true, value: { v: 1, session, sequence, ageMilliseconds, ...clock, gauges, counters } };
}
