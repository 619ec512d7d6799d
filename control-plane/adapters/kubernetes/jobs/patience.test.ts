import { expect, test } from '@jest/globals';
import { Patience, type Glance, type Verdict } from './patience.ts';

const LIMIT_SECONDS = 600;
const problem = { code: 'image-pull-failed', message: 'none' };
const runs: Glance = { task: { isBegun: true }, isAway: false, isHeard: false };
const stuck: Glance = { task: { isBegun: false, problem }, isAway: false, isHeard: false };
const pending: Glance = { task: { isBegun: false }, isAway: false, isHeard: false };
const away: Glance = { ...runs, isAway: true };
const unseen: Glance = { task: undefined, isAway: true, isHeard: false };
const heard: Glance = { ...away, isHeard: true };

test.each<[string, readonly (readonly [number, Glance, Verdict])[]]>([
  [
    'one that runs has its limit and a minute, however long it was not begun',
    [
      [0, pending, 'wait'],
      [9_000, runs, 'wait'],
      [9_660, runs, 'wait'],
      [9_661, runs, 'stop'],
      [9_662, runs, 'wait'],
      [9_737, runs, 'stays'],
    ],
  ],
  [
    'what keeps it from beginning may pass within two minutes',
    [
      [0, stuck, 'wait'],
      [120, stuck, 'wait'],
      [121, pending, 'wait'],
      [122, stuck, 'wait'],
      [243, stuck, 'stop'],
    ],
  ],
  [
    'a host cluster that does not answer may be back within three minutes',
    [
      [0, away, 'wait'],
      [180, away, 'wait'],
      [181, runs, 'wait'],
      [182, unseen, 'wait'],
      [363, unseen, 'away'],
    ],
  ],
  [
    'what it prints meanwhile says that it goes on',
    [
      [0, away, 'wait'],
      [170, heard, 'wait'],
      [340, away, 'wait'],
      [521, away, 'away'],
    ],
  ],
  [
    'what is stuck stays so while nobody can say',
    [
      [0, stuck, 'wait'],
      [60, unseen, 'wait'],
      [121, unseen, 'stop'],
    ],
  ],
])('%s', (_, glances) => {
  const patience = new Patience(LIMIT_SECONDS);
  for (const [seconds, glance, verdict] of glances)
    expect([seconds, patience.verdict(glance, seconds * 1000)]).toEqual([seconds, verdict]);
});
