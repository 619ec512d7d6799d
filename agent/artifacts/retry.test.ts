import { describe, expect, test } from '@jest/globals';
import { Fault } from '../lifecycle/faults.ts';
import { HttpError } from './http.ts';
import { tryInTurn, type Persistence } from './retry.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const starting = new HttpError('http://a', 503, { code: 'NOT_READY', message: 'the control plane is starting' });
const missing = new HttpError('http://a', 404);

/** Fails with each of the errors, the last one for ever; says how often it was tried. */
async function tried(errors: readonly Error[], options: Persistence, until = Infinity): Promise<[number, unknown]> {
  let count = 0;
  const attempt = async (): Promise<string> => {
    count += 1;
    if (count > until) return 'fetched';
    throw errors[Math.min(count, errors.length) - 1]!;
  };
  const outcome = await tryInTurn(['http://a'], new AbortController().signal, attempt, options).catch(
    (error: unknown) => error,
  );
  return [count, outcome];
}

describe('trying again', () => {
  test.each([
    ['a refused connection', refused],
    ['a server that is starting', starting],
    ['either, as a fault', new Fault('artifact-fetch-failed', 'it could not be fetched', { cause: starting })],
  ])('%s does not count against the rounds', async (_name, error) => {
    expect(await tried([error], { rounds: 1 }, 3)).toEqual([4, 'fetched']);
  });

  test('nobody there for too long ends it', async () => {
    expect(await tried([refused], { awayMilliseconds: 0 })).toEqual([1, refused]);
  });

  test('an answer that says no counts, also after silence', async () => {
    expect(await tried([refused, missing, refused, missing], { rounds: 2 })).toEqual([4, missing]);
  });

  test('what is wrong with the content is no silence', async () => {
    const wrong = new Fault('artifact-digest-mismatch', 'something else was answered');
    expect(await tried([wrong], { rounds: 1, awayMilliseconds: 60_000 })).toEqual([1, wrong]);
  });

  test('one address that answers makes a round of it', async () => {
    const asked: string[] = [];
    const attempt = async (url: string): Promise<never> => {
      asked.push(url);
      throw url === 'http://away' ? refused : missing;
    };
    const signal = new AbortController().signal;
    await expect(tryInTurn(['http://away', 'http://a'], signal, attempt, { rounds: 1 })).rejects.toBe(missing);
    expect(asked).toEqual(['http://away', 'http://a']);
  });
});
