import { expect, test } from '@jest/globals';
import { troublesOf, type TroubleOf } from './trouble.ts';

const AT = '2026-11-30T09:00:00.000Z';
const oom = { code: 'out-of-memory', message: 'its container used 514 MiB of 512 MiB; declare more memory' };
const well: TroubleOf = {
  ...{ state: 'ACTIVE', unreachable: false, reason: null, hookFailure: null, observed: null, agent: null },
  changes: [],
};

test('one that is well has none', () => {
  expect(troublesOf(well)).toEqual([]);
  expect(troublesOf({ ...well, reason: { code: 'draining', message: 'to be stopped' } })).toEqual([]);
});

test('what its agent and its host cluster say alike is said once, in plain words first', () => {
  const observed = { problem: oom, detail: null };
  expect(troublesOf({ ...well, state: 'FAULTY', reason: oom, observed })).toEqual([
    { tone: 'bad', title: 'It ran out of memory', ...oom, at: null },
  ]);
});

test('of one that has ended the fault is told that it ended for', () => {
  const changes = [
    { at: AT, to: 'faulty', reason: oom },
    { at: AT, to: 'terminated', reason: null },
  ];
  expect(troublesOf({ ...well, state: 'TERMINATED', changes })).toMatchObject([{ code: 'out-of-memory', at: AT }]);
});

test('codes of a later version are told by their message', () => {
  expect(troublesOf({ ...well, reason: { code: 'new', message: 'something' } })).toMatchObject([
    { tone: 'warning', title: null, message: 'something' },
  ]);
});

test('artifacts, hooks and silence have their say', () => {
  const agent = { artifacts: [{ error: null }, { error: { code: 'artifact-disk-full', message: 'no room' } }] };
  const hookFailure = { hook: 'after-start', message: 'exit code 1', at: AT };
  expect(troublesOf({ ...well, unreachable: true, agent, hookFailure }).map(({ code }) => code)).toEqual([
    ...['artifact-disk-full', 'hook-failed', 'unreachable'],
  ]);
});
