import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonOf, summary, type Node } from './json.ts';

function textOf(node: Node): string {
  if (node.kind === 'object')
    return `{${node.entries.map(([name, each]) => `${JSON.stringify(name)}:${textOf(each)}`).join()}}`;
  if (node.kind === 'list') return `[${node.entries.map(([, each]) => textOf(each)).join()}]`;
  return node.kind === 'text' ? JSON.stringify(node.text) : node.text;
}

test('an object or a list is one, a value alone or a text around it is none', () => {
  expect(jsonOf('{"level":"info","ms":12}')).toEqual({
    kind: 'object',
    entries: [
      ['level', { kind: 'text', text: 'info' }],
      ['ms', { kind: 'number', text: '12' }],
    ],
  });
  expect(jsonOf(' [true, null] ')).toMatchObject({ kind: 'list' });
  for (const line of ['12', '"text"', 'null', '', 'x {"a":1}', '{"a":1} x', '{a:1}', '{', '[x]', '{}{}'])
    expect([line, jsonOf(line)]).toEqual([line, null]);
});

test('numbers keep their digits', () => {
  expect(textOf(jsonOf('{"id":12345678901234567890,"price":1.10,"e":1E2}')!)).toBe(
    '{"id":12345678901234567890,"price":1.10,"e":1E2}',
  );
});

test('colours around and within it do not hide it', () => {
  expect(jsonOf('\u001b[32m{"a":"b"}\u001b[0m')).toMatchObject({ kind: 'object' });
});

test('names that mean something to JavaScript are names', () => {
  expect(jsonOf('{"__proto__":{"a":1},"constructor":2}')).toMatchObject({
    entries: [
      ['__proto__', { kind: 'object' }],
      ['constructor', { text: '2' }],
    ],
  });
});

test('what is too deep or too long is text', () => {
  expect(jsonOf('['.repeat(100_000) + ']'.repeat(100_000))).toBeNull();
  expect(jsonOf('['.repeat(300) + ']'.repeat(300))).toBeNull();
  expect(jsonOf(`["${'x'.repeat(1_000_000)}"]`)).toBeNull();
});

test('whatever JSON says, the tree says', () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(value, (given) => {
      const text = JSON.stringify(given);
      const node = jsonOf(text);
      // Control characters within texts are escaped by JSON, so nothing of it is an escape sequence but C1 introducers.
      if (/[\u0080-\u009f]/.test(text)) return;
      expect(JSON.parse(textOf(node!))).toEqual(JSON.parse(text));
    }),
  );
});

test('whatever a line is, it is looked at without a fault', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void jsonOf(`{${text}}`)));
});

test('a closed node tells how much is in it', () => {
  expect(summary(jsonOf('{"a":1,"b":[1,2,3]}')!)).toBe('{2}');
  expect(summary(jsonOf('[1,2,3]')!)).toBe('[3]');
});
