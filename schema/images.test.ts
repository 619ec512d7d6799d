import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageCatalogue, imageReference } from './images.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image is named by its digest', () => {
  test.each([
    `php@${DIGEST}`,
    `cartwright/php@${DIGEST}`,
    `registry.example.org/team/sub-team/my_php.fpm@${DIGEST}`,
    `127.0.0.1:5000/php@${DIGEST}`,
    `localhost:5000/php@${DIGEST}`,
    `[fd00::1]:5000/php@${DIGEST}`,
  ])('%s', (reference) => {
    expect(imageReference.parse(reference)).toBe(reference);
  });

  test.each([
    '',
    'php',
    'php:latest',
    `php:8.2@${DIGEST}`,
    `php@sha256:${'0'.repeat(63)}`,
    `php@SHA256:${'0'.repeat(64)}`,
    `php@sha512:${'0'.repeat(128)}`,
    `PHP@${DIGEST}`,
    `https://registry.example.org/php@${DIGEST}`,
    `user:password@registry.example.org/php@${DIGEST}`,
    `registry/../php@${DIGEST}`,
    `registry//php@${DIGEST}`,
    `php@${DIGEST}\n`,
    `php@${DIGEST} --privileged`,
    `-php@${DIGEST}`,
    `registry.example.org:/php@${DIGEST}`,
  ])('and nothing else is taken: %j', (reference) => {
    expect(imageReference.safeParse(reference).success).toBe(false);
  });

  test('whatever comes is answered at once', () => {
    const started = performance.now();
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9._/:@-]{0,400}$/), (text) => {
        imageReference.safeParse(text);
      }),
    );
    imageReference.safeParse(`${'a-'.repeat(199)}!`);
    imageReference.safeParse(`${'a/'.repeat(199)}!`);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('a catalogue holds references by names and nothing that is none', () => {
  const images = { nodejs: `127.0.0.1:5000/cartwright-nodejs@${DIGEST}` };
  expect(imageCatalogue.parse({ v: 1, images })).toEqual({ v: 1, images });
  expect(imageCatalogue.safeParse({ v: 2, images }).success).toBe(false);
  expect(imageCatalogue.safeParse({ v: 1, images: { nodejs: 'nodejs:latest' } }).success).toBe(false);
  expect(imageCatalogue.safeParse({ v: 1, images: { '../x': images.nodejs } }).success).toBe(false);
});
