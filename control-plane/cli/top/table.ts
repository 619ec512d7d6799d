/** The two tables of `top`: columns, orders and what is said above them. */
import { figure, NOTHING, percent, relative, short, size } from '../output/text.ts';
import { loadShare, type ClusterRow, type InstanceRow } from './rows.ts';

export type Tone = 'good' | 'warning' | 'bad';

export interface TopColumn<T> {
  readonly title: string;
  /** `now` in milliseconds since the epoch, `age` of the row in seconds. */
  readonly value: (row: T, at: { readonly now: number; readonly age: number }) => string;
  readonly isNumber?: true;
  readonly tone?: (row: T) => Tone | undefined;
  /** It is cut before another column goes. */
  readonly isText?: true;
  /** Where there is too little room, the column with the largest number goes first; absent: it stays. */
  readonly rank?: number;
}

interface TopOrder<T> {
  readonly name: string;
  readonly compare: (a: T, b: T) => number;
}

export interface TopTable<T extends { readonly uid: string }> {
  /** What the rows are, in the plural. */
  readonly plural: string;
  readonly columns: readonly TopColumn<T>[];
  /** The first one is that of the beginning. */
  readonly orders: readonly [TopOrder<T>, ...TopOrder<T>[]];
  /** What a filter looks in. */
  readonly words: (row: T) => string;
}

/** From these shares of what is there on, in per cent. */
const FULL = 100;
const TIGHT = 80;

function toneOf(share: number | null): Tone | undefined {
  if (share === null) return undefined;
  return share >= FULL ? 'bad' : share >= TIGHT ? 'warning' : 'good';
}

function shareText(share: number | null): string {
  return share === Infinity ? 'no capacity' : percent(share);
}

/** The larger first; what is not known last. */
const down =
  <T>(value: (row: T) => number | null) =>
  (a: T, b: T): number =>
    (value(b) ?? -Infinity) === (value(a) ?? -Infinity) ? 0 : (value(b) ?? -Infinity) - (value(a) ?? -Infinity);

const up =
  <T>(value: (row: T) => string) =>
  (a: T, b: T): number =>
    value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0;

export const CLUSTERS: TopTable<ClusterRow> = {
  plural: 'service clusters',
  columns: [
    { title: 'SERVICE CLUSTER', value: ({ name }) => name },
    {
      title: 'LOAD',
      value: ({ factor }) => shareText(loadShare(factor)),
      tone: ({ factor }) => toneOf(loadShare(factor)),
      isNumber: true,
    },
    {
      title: 'AHEAD',
      value: ({ factor }) => shareText(aheadShare(factor)),
      tone: ({ factor }) => toneOf(aheadShare(factor)),
      isNumber: true,
      rank: 2,
    },
    { title: 'FACTOR', value: ({ factor }) => factor?.name ?? NOTHING, rank: 5 },
    { title: 'DEMAND', value: ({ factor }) => figure(factor?.observed ?? null), isNumber: true, rank: 6 },
    { title: 'CAPACITY', value: ({ factor }) => figure(factor?.capacity ?? null), isNumber: true, rank: 7 },
    { title: 'ACTIVE', value: ({ active, wanted }) => `${active}/${wanted}`, isNumber: true },
    { title: 'STARTING', value: ({ starting }) => String(starting), isNumber: true, rank: 4 },
    {
      title: 'FAULTY',
      value: ({ faulty }) => String(faulty),
      tone: ({ faulty }) => (faulty > 0 ? 'bad' : undefined),
      isNumber: true,
      rank: 3,
    },
    { title: 'REQUESTS/S', value: ({ requestsPerSecond }) => figure(requestsPerSecond), isNumber: true, rank: 1 },
    {
      title: 'QUEUED',
      value: ({ queued }) => figure(queued),
      tone: ({ queued }) => (queued >= 1 ? 'warning' : undefined),
      isNumber: true,
      rank: 8,
    },
    { title: 'RELEASE', value: ({ release }) => release ?? NOTHING, rank: 10 },
    { title: 'CONTROL', value: ({ control }) => control, rank: 9 },
    { title: 'NEEDS A PERSON', value: ({ attention }) => attention[0] ?? '', isText: true, rank: 11 },
  ],
  orders: [
    { name: 'load', compare: down(({ factor }) => loadShare(factor)) },
    { name: 'forecast', compare: down(({ factor }) => aheadShare(factor)) },
    { name: 'requests', compare: down(({ requestsPerSecond }) => requestsPerSecond) },
    { name: 'instances', compare: down(({ active }) => active) },
    { name: 'name', compare: up(({ name }) => name) },
  ],
  words: ({ name, control, attention }) => `${name} ${control} ${attention.join(' ')}`,
};

function aheadShare(factor: ClusterRow['factor']): number | null {
  return factor === null ? null : loadShare({ ...factor, observed: factor.predicted });
}

export const INSTANCES: TopTable<InstanceRow> = {
  plural: 'instances',
  columns: [
    { title: 'INSTANCE', value: ({ uid }) => short(uid) },
    {
      title: 'STATE',
      value: ({ state }) => state,
      tone: ({ state }) => (state === 'active' ? undefined : state === 'faulty' ? 'bad' : 'warning'),
    },
    {
      title: 'LOAD',
      value: ({ loadAverage }) => percent(loadAverage),
      tone: ({ loadAverage }) => toneOf(loadAverage),
      isNumber: true,
    },
    { title: 'MEMORY', value: ({ memory }) => percent(memory), tone: ({ memory }) => toneOf(memory), isNumber: true },
    { title: 'IN USE', value: ({ memoryBytes }) => size(memoryBytes), isNumber: true, rank: 3 },
    { title: 'IN FLIGHT', value: ({ requestsInFlight }) => figure(requestsInFlight), isNumber: true },
    {
      title: 'SAMPLE',
      value: ({ sampleAgeSeconds }, { age }) =>
        sampleAgeSeconds === null ? NOTHING : `${(sampleAgeSeconds + age).toFixed(1)} s`,
      isNumber: true,
      rank: 1,
    },
    { title: 'RELEASE', value: ({ release }) => release ?? NOTHING, isNumber: true, rank: 2 },
    { title: 'ACTIVE SINCE', value: ({ activeAt }, { now }) => relative(activeAt, now), rank: 4 },
    { title: 'REASON', value: ({ reason }) => reason ?? '', isText: true, rank: 5 },
  ],
  orders: [
    { name: 'load', compare: down(({ loadAverage }) => loadAverage) },
    { name: 'memory', compare: down(({ memory }) => memory) },
    { name: 'in flight', compare: down(({ requestsInFlight }) => requestsInFlight) },
    { name: 'age of the sample', compare: down(({ sampleAgeSeconds }) => sampleAgeSeconds) },
    { name: 'uid', compare: up(({ uid }) => uid) },
  ],
  words: ({ uid, state, reason }) => `${uid} ${state} ${reason ?? ''}`,
};
