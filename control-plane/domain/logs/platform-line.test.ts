import { expect, test } from '@jest/globals';
import { platformLines, type InstanceSeen } from './platform-line.ts';

const seen = (fields: Partial<InstanceSeen> = {}): InstanceSeen => ({
  ...{ uid: '01inst', alias: 'web', state: 'starting', unreachable: false, reason: null },
  ...fields,
});
const said = (before: InstanceSeen | null, after: InstanceSeen) =>
  platformLines(before, after, 7).map(({ level, text }) => `${level} ${text}`);

test('a change of state, with its reason on one line', () => {
  const reason = { code: 'crash-loop', message: 'ended three times\nlast lines:\r\n  Error: no' };
  expect(said(null, seen({ state: 'created' }))).toEqual(['info created']);
  expect(said(seen(), seen({ state: 'active' }))).toEqual(['info active']);
  expect(said(seen(), seen({ state: 'faulty', reason }))).toEqual([
    'error faulty: crash-loop: ended three times | last lines: | Error: no',
  ]);
  expect(platformLines(null, seen(), 7)).toEqual([
    {
      ...{ kind: 'line', at: 7, level: 'info', alias: 'web', instance: '01inst', release: null },
      ...{ stream: 'platform', text: 'starting' },
    },
  ]);
});

test('another reason for the same state is news, the same one is not', () => {
  const reason = { code: 'exited', message: 'ended with 1' };
  expect(said(seen(), seen({ reason }))).toEqual(['warn starting: exited: ended with 1']);
  expect(said(seen({ reason }), seen({ reason: { ...reason } }))).toEqual([]);
  expect(said(seen({ reason }), seen({ reason: { ...reason, message: 'ended with 2' } }))).toHaveLength(1);
  expect(said(seen({ reason }), seen())).toEqual([]);
});

test('that nothing is heard of it, and that it is heard of again; not of what has ended', () => {
  expect(said(seen(), seen({ unreachable: true }))).toEqual(['warn unreachable: nothing is heard of its agent']);
  expect(said(seen({ unreachable: true }), seen())).toEqual(['info reachable again']);
  expect(said(seen({ unreachable: true }), seen({ state: 'terminated' }))).toEqual(['info terminated']);
});
