import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { difference, HIDDEN } from './difference.ts';

describe('the difference of two objects', () => {
  test('is only what is another, by its path', () => {
    const before = { uid: '1', wanted: 2, plan: { parts: [{ a: 1, b: 'x' }], tags: ['x'] } };
    const after = { uid: '1', wanted: 3, plan: { parts: [{ a: 1, b: 'y' }], tags: ['x', 'y'] } };
    expect(difference(before, after)).toEqual({
      before: { wanted: 2, 'plan.parts[0].b': 'x', 'plan.tags': ['x'] },
      after: { wanted: 3, 'plan.parts[0].b': 'y', 'plan.tags': ['x', 'y'] },
    });
  });

  test('says what came and what went', () => {
    expect(difference({ a: 1, parts: [{ b: 1 }, { b: 2 }] }, { c: 2, parts: [{ b: 1 }] })).toEqual({
      before: { a: 1, 'parts[1].b': 2 },
      after: { c: 2 },
    });
  });

  test('of an object that was made, or is gone, is all of it', () => {
    expect(difference(undefined, { a: 1, b: { c: null } })).toEqual({ before: null, after: { a: 1, 'b.c': null } });
    expect(difference({ a: 1 }, undefined)).toEqual({ before: { a: 1 }, after: null });
  });

  test('is none of what is the same, or only in what is never kept', () => {
    expect(difference({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBeNull();
    expect(difference({ hash: 'a', sealed: { v: 1 } }, { hash: 'b', sealed: null })).toBeNull();
    expect(difference({ a: 1 }, { a: 1, b: undefined })).toBeNull();
  });

  test('cuts long texts, and leaves fields out beyond 200', () => {
    const { after } = difference({ text: '' }, { text: 'x'.repeat(5000) })!;
    expect(after!.text).toBe(`${'x'.repeat(1000)}… (5000 characters)`);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, index]));
    expect(Object.keys(difference(undefined, many)!.after!)).toHaveLength(201);
    expect(difference(undefined, many)!.after!['…']).toBe('100 fields more');
  });

  test('names variables and headers and keeps no value of them, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('environment', 'variables', 'headers', 'sealed', 'hash'),
        fc.oneof(fc.constant('S3CRET'), fc.constant({ deep: ['S3CRET'] }), fc.constant([{ value: 'S3CRET' }])),
        fc.boolean(),
        (field, secret, isChange) => {
          const made = { spec: { parts: [{ [field]: { NAME: secret } }] } };
          const before = isChange ? { spec: { parts: [{ [field]: { NAME: 'S3CRET-before' } }] } } : undefined;
          expect(JSON.stringify(difference(before, made))).not.toContain('S3CRET');
          expect(JSON.stringify(difference(made, before))).not.toContain('S3CRET');
        },
      ),
    );
    expect(difference({ variables: { A: '1' } }, { variables: { A: '2', B: '3' } })).toEqual({
      before: { 'variables.A': HIDDEN },
      after: { 'variables.A': HIDDEN, 'variables.B': HIDDEN },
    });
  });

  test('takes users and passwords out of URLs', () => {
    const url = 'https://ann:pass@git.example.org/shop.git and ssh://git@host/x';
    expect(difference(undefined, { url })!.after).toEqual({ url: 'https://git.example.org/shop.git and ssh://host/x' });
  });
});
