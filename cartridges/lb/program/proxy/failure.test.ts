import { describe, expect, test } from '@jest/globals';
import { errors } from 'undici';
import { classify, MOST_RESENDS, mayRetry, type AttemptFailure } from './failure.ts';
import { BodyTooLargeError, ClientGoneError } from './request-body.ts';

const error = new Error('x');
const closed = new errors.SocketError('other side closed');

describe('a failed attempt', () => {
  test.each<[string, Error, 'connecting' | 'sent' | 'answered', 'none' | 'untouched' | 'begun', string]>([
    ['before a connection', error, 'connecting', 'none', 'refused'],
    ['before an answer', closed, 'sent', 'none', 'unanswered'],
    ['in an answer', closed, 'answered', 'none', 'cut'],
    ['by headers without end', new errors.HeadersOverflowError(), 'sent', 'none', 'unreadable'],
    ['by an answer in another language', new errors.HTTPParserError('x'), 'sent', 'none', 'unreadable'],
    ['after too long', new errors.HeadersTimeoutError(), 'sent', 'none', 'timeout'],
    ['by a client that left', new ClientGoneError('x'), 'sent', 'begun', 'client-gone'],
    ['by a body too large', new BodyTooLargeError('x'), 'sent', 'begun', 'invalid'],
    ['by a request nobody takes', new errors.InvalidArgumentError('x'), 'connecting', 'none', 'invalid'],
    ['by lack of files', Object.assign(new Error('x'), { code: 'EMFILE' }), 'connecting', 'none', 'local'],
  ])('%s is told from the others', (_when, cause, phase, body, kind) => {
    expect(classify(cause, phase, body).kind).toBe(kind);
  });
});

describe('another try', () => {
  const unanswered = (sent: 'nothing' | 'head' | 'body'): AttemptFailure => ({ kind: 'unanswered', error, sent });

  test('is safe for any method while nothing was sent', () => {
    expect(mayRetry({ kind: 'refused', error }, 'POST', 99)).toBe(true);
    expect(mayRetry(unanswered('nothing'), 'POST', 0)).toBe(true);
  });

  test('is made of idempotent requests whose body is not used up, a bounded number of times', () => {
    expect(mayRetry(unanswered('head'), 'GET', 0)).toBe(true);
    expect(mayRetry(unanswered('head'), 'POST', 0)).toBe(false);
    expect(mayRetry(unanswered('body'), 'PUT', 0)).toBe(false);
    expect(mayRetry(unanswered('head'), 'GET', MOST_RESENDS)).toBe(false);
  });

  test('is never made once an answer began or the time was over', () => {
    for (const kind of ['cut', 'timeout', 'local', 'client-gone'] as const)
      expect(mayRetry({ kind, error }, 'GET', 0)).toBe(false);
  });
});
