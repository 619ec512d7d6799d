import { expect, test } from '@jest/globals';
import type { LogsSourcesQuery } from '../../../generated/operations.ts';
import { choicesOf } from './choices.ts';

const sources: LogsSourcesQuery = {
  application: {
    clusters: [
      {
        alias: 'web',
        stableRelease: { number: 2 },
        candidateRelease: { number: 3 },
        instances: { edges: ['a', 'b'].map((uid) => ({ node: { uid, state: 'ACTIVE' as const } })) },
      },
      { alias: 'db', stableRelease: null, candidateRelease: null, instances: { edges: [] } },
    ],
  },
};

test('instances come newest first, and releases that may be there', () => {
  expect(choicesOf(sources, {})).toMatchObject({ aliases: ['web', 'db'], instances: ['b', 'a'], releases: [3, 2, 1] });
});

test('of one component there are its own alone', () => {
  expect(choicesOf(sources, { alias: 'db' })).toMatchObject({ aliases: ['web', 'db'], instances: [], releases: [] });
});

test('of an application that is gone something can still be typed', () => {
  expect(choicesOf(null, {})).toMatchObject({ aliases: [], streams: expect.arrayContaining(['stdout']) as unknown });
});
