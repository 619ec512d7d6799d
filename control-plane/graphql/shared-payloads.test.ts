import { expect, test } from '@jest/globals';
import { MessageType, stringifyMessage } from 'graphql-ws';
import { SharedPayloads, textOf } from './shared-payloads.ts';

const next = (id: string, payload: object) => stringifyMessage({ id, type: MessageType.Next, payload });

test('a message has the text of what it stands for in the place of its payload', () => {
  const payloads = new SharedPayloads();
  const result = { data: { overview: { removed: ['a "quoted" one', '$&'] } } };
  const message = payloads.fill(next('1', payloads.stand(textOf(result))));
  expect(message).toBe(next('1', result));
});

test('several messages may be on their way, and leave in another order', () => {
  const payloads = new SharedPayloads();
  const [a, b] = ['a', 'b'].map((id) => next(id, payloads.stand(textOf({ data: { id } }))));
  expect(payloads.fill(b!)).toBe(next('b', { data: { id: 'b' } }));
  expect(payloads.fill(a!)).toBe(next('a', { data: { id: 'a' } }));
  // Once each.
  expect(payloads.fill(a!)).toBe(a);
});

test('every other message stays as it is', () => {
  const payloads = new SharedPayloads();
  payloads.stand('{}');
  for (const message of [
    next('1', { data: { text: 'shared:1' } }),
    '{"type":"ping"}',
    '{"id":"1","type":"complete"}',
    '',
  ])
    expect(payloads.fill(message)).toBe(message);
});

test('the text of a result is made once', () => {
  let made = 0;
  const result = { data: { toJSON: () => (made += 1) } } as unknown as Parameters<typeof textOf>[0];
  expect(textOf(result)).toBe(textOf(result));
  expect(made).toBe(1);
});
