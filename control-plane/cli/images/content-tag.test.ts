import { describe, expect, test } from '@jest/globals';
import { contentTag, type ImageContent } from './content-tag.ts';
import type { ContextEntry } from './context.ts';

const file: ContextEntry = { kind: 'file', path: 'hooks/start', isExecutable: true, digest: 'aa', from: '/a/start' };
const content: ImageContent = {
  version: '1.2.0',
  dockerfile: 'Dockerfile',
  entries: [file, { kind: 'link', path: 'x', target: 'y' }],
  labels: { title: 'php', licence: 'MIT' },
  agent: '0.2.0-0123',
};

test('is the version and a digest', () => {
  expect(contentTag(content)).toMatch(/^1\.2\.0-[0-9a-f]{16}$/);
  expect(contentTag({ ...content, version: '.2024/05 (beta)' })).toMatch(/^2024-05-beta--[0-9a-f]{16}$/);
  expect(contentTag({ ...content, version: 'ä' })).toMatch(/^v-[0-9a-f]{16}$/);
});

test('does not depend on where the files lie, nor on the order of labels', () => {
  const same = { ...content, entries: [{ ...file, from: '/b/start' }, content.entries[1]!] };
  expect(contentTag({ ...same, labels: { licence: 'MIT', title: 'php' } })).toBe(contentTag(content));
});

describe('is another one for', () => {
  test.each<[string, Partial<ImageContent>]>([
    ['another version', { version: '1.2.1' }],
    ['another Dockerfile', { dockerfile: 'other/Dockerfile' }],
    ['another agent', { agent: '0.2.0-4567' }],
    ['no agent', { agent: null }],
    ['another label', { labels: { ...content.labels, title: 'PHP' } }],
    ['another content', { entries: [{ ...file, digest: 'bb' }, content.entries[1]!] }],
    ['another name', { entries: [{ ...file, path: 'hooks/stop' }, content.entries[1]!] }],
    ['another mode', { entries: [{ ...file, isExecutable: false }, content.entries[1]!] }],
    ['another link', { entries: [file, { kind: 'link', path: 'x', target: 'z' }] }],
    ['a file less', { entries: [file] }],
  ])('%s', (_, change) => {
    expect(contentTag({ ...content, ...change })).not.toBe(contentTag(content));
  });
});
