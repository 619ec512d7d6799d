import { beforeEach, describe, expect, test } from '@jest/globals';
import type { LogReport } from '../../../schema/mqtt/log.ts';
import type { NewLogEntry } from '../../domain/logs/entry.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { ApplicationLogs, LogOwner } from '../ports/logs.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import { addInstance, clusterOf, NOW } from '../testing/records.ts';
import { LogIngest, type LogIngestOptions } from './log.ts';

const appended: { owner: LogOwner; entries: readonly NewLogEntry[] }[] = [];
const logs = {
  append: (owner: LogOwner, entries: readonly NewLogEntry[]) => void appended.push({ owner, entries }),
} as unknown as ApplicationLogs;

let fleet: Fleet;
let web: ClusterState;
let instance: InstanceState;
let ingest: LogIngest;

function begin(options: Partial<LogIngestOptions> = {}): void {
  ingest = new LogIngest({ logs, tenantBytesPerSecond: 1_000_000, isBrokerOutside: false, ...options });
}

beforeEach(() => {
  appended.length = 0;
  fleet = new Fleet();
  web = clusterOf('web');
  fleet.addCluster(web);
  instance = addInstance(fleet, web);
  begin();
});

const line = (text: string, ageMilliseconds = 0): LogReport['lines'][number] => ({
  stream: 'stdout',
  ageMilliseconds,
  text,
});
const report = (sequence: number, fields: Partial<LogReport> = {}): LogReport => ({
  ...{ v: 1, session: 's1', sequence, lines: [], dropped: 0, offset: 0, gaps: [] },
  ...fields,
});
const take = (value: LogReport, receivedAt = NOW) =>
  ingest.take({ cluster: web, instance, receivedAt, retained: false }, value);
/** What was appended last, lines by their text, gaps by number and cause. */
const last = () =>
  (appended.at(-1)?.entries ?? []).map((entry) =>
    entry.kind === 'line' ? entry.text : `${entry.lines} ${entry.cause}`,
  );

test('lines go to the application’s log, dated by their age, which is nobody’s to stretch beyond a day, with their level', () => {
  take(
    report(1, {
      lines: [
        line('hello', 500),
        { stream: 'stderr', ageMilliseconds: 1e15, text: 'ERROR old' },
        { stream: 'agent', ageMilliseconds: 0, text: 'ERROR is not what it means', level: 'warn' },
      ],
    }),
  );
  const whose = { alias: 'web', instance: instance.record.uid, release: null };
  expect(appended).toEqual([
    {
      owner: { tenant: 'acme', name: 'shop' },
      entries: [
        { kind: 'line', at: NOW - 500, level: null, ...whose, stream: 'stdout', text: 'hello' },
        { kind: 'line', at: NOW - 86_400_000, level: 'error', ...whose, stream: 'stderr', text: 'ERROR old' },
        { kind: 'line', at: NOW, level: 'warn', ...whose, stream: 'agent', text: 'ERROR is not what it means' },
      ],
    },
  ]);
});

describe('what is missing stands where it is missing', () => {
  test('what the agent dropped, with the reason that it gave', () => {
    const gaps = [
      { before: 2, lines: 4, cause: 'broker-away' },
      { before: 1, lines: 3, cause: 'rate-limit' },
      { before: 500, lines: 5, cause: 'rate-limit' },
    ];
    take(report(1, { lines: [line('a'), line('b'), line('c')], dropped: 12, gaps }));
    expect(last()).toEqual(['a', '3 rate-limit', 'b', '4 broker-away', 'c', '5 rate-limit']);
  });

  test('what was lost on the way, and what lost messages had said was dropped', () => {
    take(report(1, { lines: [line('a')] }));
    take(
      report(4, { lines: [line('b')], offset: 11, dropped: 9, gaps: [{ before: 1, lines: 2, cause: 'rate-limit' }] }),
    );
    expect(last()).toEqual(['10 transit', '7 agent', 'b', '2 rate-limit']);
  });

  test('a message that comes twice, or late, adds nothing', () => {
    take(report(2, { lines: [line('a')] }));
    take(report(2, { lines: [line('a')] }));
    take(report(1, { lines: [line('late')] }));
    expect(appended).toHaveLength(1);
  });

  test('an agent of before the causes tells a number, which is said once', () => {
    const old = (sequence: number, dropped: number) => {
      take({ v: 1, session: 's1', sequence, lines: [], dropped });
      return last();
    };
    expect([old(1, 3), old(2, 3), old(3, 10), old(5, 10)]).toEqual([['3 agent'], [], ['7 agent'], ['null transit']]);
  });

  test('another run of the agent begins anew', () => {
    take(report(7, { lines: [line('a')], offset: 100, dropped: 50 }));
    take(report(1, { session: 's2', lines: [line('b')] }));
    expect(last()).toEqual(['b']);
  });

  test('a control plane that starts knows of no loss, but for what an outside broker went on delivering', () => {
    const running = report(9, { lines: [line('a')], offset: 100, dropped: 50 });
    take(running);
    expect(last()).toEqual(['a']);
    instance.log = null;
    begin({ isBrokerOutside: true });
    take(running);
    expect(last()).toEqual(['null control-plane-away', 'a']);
    take(report(10, { lines: [line('b')], offset: 101, dropped: 50 }));
    expect(last()).toEqual(['b']);
  });
});

test('a line knows the number of the release that wrote it, also when it comes after news of the next one', () => {
  const release = (uid: string, number: number) => ({ uid, number }) as ReleaseRecord;
  web.stable = release('r-old', 7);
  instance.record = { ...instance.record, release: 'r-old' };
  const releases = () => (appended.at(-1)?.entries ?? []).map((entry) => (entry.kind === 'line' ? entry.release : ''));
  take(report(1, { lines: [line('a')] }));
  expect(releases()).toEqual([7]);

  web.candidate = release('r-new', 8);
  instance.record = { ...instance.record, release: 'r-new' };
  instance.formerRelease = { release: 'r-old', until: NOW };
  take(report(2, { offset: 1, lines: [line('b', 1200), line('c', 900)] }), NOW + 1000);
  expect(releases()).toEqual([7, 8]);

  // The roll-out is over: a straggler is still known.
  web.stable = web.candidate;
  web.candidate = null;
  take(report(3, { offset: 3, lines: [line('d', 1500)] }), NOW + 1000);
  expect(releases()).toEqual([7]);
});

test('a tenant has a limit for all of its instances together, beyond which lines are counted', () => {
  begin({ tenantBytesPerSecond: 100 });
  const other = addInstance(fleet, web, { uid: 'web-2' });
  const flood = (lines: number) => Array.from({ length: lines }, (_, index) => line(`line ${index}`.padEnd(36)));
  // A line costs 100 with its overhead, and ten seconds' worth may come at once.
  take(report(1, { lines: flood(15) }));
  expect(last()).toHaveLength(11);
  expect(last().at(-1)).toBe('5 tenant-limit');
  ingest.take({ cluster: web, instance: other, receivedAt: NOW, retained: false }, report(1, { lines: flood(1) }));
  expect(last()).toEqual(['1 tenant-limit']);
  take(report(2, { offset: 15, lines: flood(3) }), NOW + 2000);
  expect(last()).toEqual([...flood(2).map(({ text }) => text), '1 tenant-limit']);
  expect(ingest.droppedLines).toBe(7);
});
