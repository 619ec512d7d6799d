/** From a broker to the windows, a sample a message, beside something that only counts the same messages of the same broker. */
import { Mosquitto } from '../../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import type { Figure } from '../benchmark.ts';
import { median } from '../statistics.ts';
import type { ReceiverKind } from './program/receiver.ts';
import { trial, type Outcome } from './trial.ts';

const FLEET = { clusters: 100, instancesEach: 10 };
const INSTANCES = FLEET.clusters * FLEET.instancesEach;
const ROUNDS = 3;
const EMBEDDED_MESSAGES = 300_000;
const EMBEDDED_BURST = 10;
/** Mosquitto does not ask whose a topic is here, so that few connections do: what is measured is behind it. */
const OUTSIDE_CONNECTIONS = 50;
const FIXED_RATE = 30_000;
const FIXED_SECONDS = 10;
const SEARCH_SECONDS = 4;
const SEARCH_GROWTH = 1.3;
const SEARCH_STEPS = 3;
const HIGHEST_RATE = 300_000;
/** What takes longer to send by so much was not sent at its rate. */
const LATE = 1.1;

/** The embedded broker in one process with what takes the reports, and a bare one with a hook that counts. */
export async function measureEmbedded(): Promise<Figure[]> {
  const sending = { connections: INSTANCES, messages: EMBEDDED_MESSAGES, rate: null, burst: EMBEDDED_BURST };
  const [ours, bare] = await inTurn(['embedded', 'bare-aedes'], (kind) => whole(kind, sending));
  const [rate, bareRate] = [ours, bare].map((outcomes) =>
    median(outcomes.map(({ taken, seconds }) => taken / seconds)),
  );
  return [
    compared('ingest-embedded', rate!, bareRate!, 'messages/s', 'a bare aedes with a counting hook'),
    compared('ingest-embedded-cpu', costOf(ours), costOf(bare), 'µs', 'a bare aedes with a counting hook'),
  ];
}

/** Behind Mosquitto: our client with what takes the reports, and a bare client that counts. */
export async function measureOutside(): Promise<Figure[]> {
  const mosquitto = await Mosquitto.start(['allow_anonymous true', 'max_queued_messages 1000']);
  try {
    const { port } = mosquitto;
    const messages = FIXED_RATE * FIXED_SECONDS;
    const sending = { connections: OUTSIDE_CONNECTIONS, messages, rate: FIXED_RATE, burst: 1 };
    const [ours, bare] = await inTurn(['outside', 'bare-client'], (kind) => whole(kind, sending, port));
    const highest = await highestRate('outside', port);
    const bareHighest = await highestRate('bare-client', port);
    const against = 'a bare MQTT.js client that counts';
    return [
      compared('ingest-mosquitto-cpu', costOf(ours), costOf(bare), 'µs', against),
      compared('ingest-mosquitto', highest, bareHighest, 'messages/s', against),
    ];
  } finally {
    await mosquitto.close();
  }
}

type Rounds = readonly Outcome[];

/** A round of the one, a round of the other, so that both have the machine at its best and at its worst. */
async function inTurn(
  [first, second]: readonly [ReceiverKind, ReceiverKind],
  once: (kind: ReceiverKind) => Promise<Outcome>,
): Promise<readonly [Rounds, Rounds]> {
  const outcomes: readonly [Outcome[], Outcome[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    outcomes[0].push(await once(first));
    outcomes[1].push(await once(second));
  }
  return outcomes;
}

/** Throws where anything was lost. */
async function whole(kind: ReceiverKind, sending: Parameters<typeof trial>[1], port?: number): Promise<Outcome> {
  const outcome = await trial({ kind, ...FLEET, ...(port === undefined ? {} : { port }) }, sending);
  const { sent, taken, stale, sendingSeconds } = outcome;
  if (taken !== sent || stale !== 0) throw new Error(`${kind}: ${sent} sent, ${taken} taken, ${stale} stale`);
  if (sending.rate !== null && sendingSeconds > (sent / sending.rate) * LATE)
    throw new Error(`${kind}: ${sent} messages took ${sendingSeconds} s to be sent, at a rate of ${sending.rate}/s`);
  return outcome;
}

/** The highest rate at which nothing is lost, by steps and then by halves. */
async function highestRate(kind: ReceiverKind, port: number): Promise<number> {
  const isWhole = async (rate: number): Promise<boolean> => {
    const messages = Math.round(rate * SEARCH_SECONDS);
    const sending = { connections: OUTSIDE_CONNECTIONS, messages, rate, burst: 1 };
    const { sent, taken, sendingSeconds } = await trial({ kind, ...FLEET, port }, sending);
    // What could not be sent in time says nothing of who takes it.
    return taken === sent && sendingSeconds < SEARCH_SECONDS * LATE;
  };
  let good = 0;
  let bad = FIXED_RATE / SEARCH_GROWTH;
  while (bad < HIGHEST_RATE && (await isWhole(bad))) [good, bad] = [bad, bad * SEARCH_GROWTH];
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const rate = (good + bad) / 2;
    if (await isWhole(rate)) good = rate;
    else bad = rate;
  }
  return good;
}

/** Processor time of a message, in microseconds. */
function costOf(outcomes: Rounds): number {
  return median(outcomes.map(({ cpuSeconds, taken }) => (cpuSeconds / taken) * 1e6));
}

function compared(name: string, value: number, reference: number, unit: string, against: string): Figure {
  const ratio = Number((value / reference).toFixed(2));
  return { name, value: Number(value.toPrecision(4)), unit, ratio, against, samples: ROUNDS };
}
