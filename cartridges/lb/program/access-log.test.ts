import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AccessLog, combinedLine, jsonLine, type AccessRecord } from './access-log.ts';

const TIME = new Date('2026-11-29T01:02:03.456Z');
const RECORD: AccessRecord = {
  ...{
    requestId: 'r-1',
    alias: 'web',
    instance: 'i1',
    client: '203.0.113.9',
    method: 'GET',
    host: 'shop',
    version: '1.1',
  },
  ...{ url: '/cart?token=secret', referer: 'https://shop/?token=secret', userAgent: 'curl/8.5', status: 200 },
  ...{ outcome: 'completed', error: undefined, retries: 0, bytesIn: 0, bytesOut: 12, seconds: 0.0123456789 },
};

test('as JSON a request is an object a line, without queries', () => {
  const line = jsonLine(RECORD, TIME);
  expect(JSON.parse(line)).toEqual({
    ...{ time: '2026-11-29T01:02:03.456Z', requestId: 'r-1', alias: 'web', instance: 'i1', client: '203.0.113.9' },
    ...{ method: 'GET', host: 'shop', path: '/cart', version: '1.1', status: 200, outcome: 'completed', retries: 0 },
    ...{ bytesIn: 0, bytesOut: 12, seconds: 0.012346, referer: 'https://shop/', userAgent: 'curl/8.5' },
  });
});

describe('in the combined format', () => {
  test('a request is the line that every tool for it reads', () => {
    expect(combinedLine(RECORD, TIME)).toBe(
      '203.0.113.9 - - [29/Nov/2026:01:02:03 +0000] "GET /cart HTTP/1.1" 200 12 "https://shop/" "curl/8.5"\n',
    );
    const little = { ...RECORD, client: undefined, bytesOut: 0, referer: undefined, userAgent: '' };
    expect(combinedLine(little, TIME)).toBe('- - - [29/Nov/2026:01:02:03 +0000] "GET /cart HTTP/1.1" 200 - "-" "-"\n');
  });

  test('nothing that a client says ends the quotes or the line, or steers a terminal', () => {
    expect(combinedLine({ ...RECORD, userAgent: 'a" 200 \\ \x1b[2J\n' }, TIME)).toContain(
      String.raw`"a\x22 200 \x5c \x1b[2J\x0a"`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (url, userAgent) => {
        const line = combinedLine({ ...RECORD, url, userAgent }, TIME);
        expect(line).toMatch(/^[\x20-\x7e]*\n$/);
        expect(line.split('"')).toHaveLength(7);
      }),
    );
  });
});

test('a log that is off makes nothing of a request, and its format can change while it is written', () => {
  const lines: string[] = [];
  const log = new AccessLog((line) => lines.push(line), 'none');
  log.log(() => {
    throw new Error('asked for');
  });
  log.change('combined');
  log.log(() => RECORD);
  log.change('json');
  log.log(() => RECORD);
  expect(lines.map((line) => line[0])).toEqual(['2', '{']);
});
