import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LogEntry, LogGap, LogLine } from '../../domain/logs/entry.ts';
import { exportRequest } from './otlp-logs.ts';
import { datagram, framed, syslogMessage } from './syslog-message.ts';

const shop = { tenant: 'acme', name: 'shop' };
const AT = Date.parse('2026-03-01T12:00:00.250Z');
const line = (fields: Partial<LogLine> = {}): LogLine => ({
  ...{ kind: 'line', sequence: 7, at: AT, level: 'warn', alias: 'web', instance: '01kabcdefghijk', release: null },
  ...{ stream: 'stdout', text: 'grüße' },
  ...fields,
});
const gap: LogGap = {
  ...{ kind: 'gap', after: 7, sequence: 8, at: null, alias: null, instance: null, lines: 1234, cause: 'rate-limit' },
};

describe('syslog messages', () => {
  test('are those of RFC 5424', () => {
    expect(syslogMessage(shop, line(), AT)).toBe(
      '<132>1 2026-03-01T12:00:00.250Z 01kabcdefghijk shop.web fghijk stdout [cartwright@32473 tenant="acme" application="shop" alias="web" instance="01kabcdefghijk" sequence="7"] grüße',
    );
    expect(syslogMessage(shop, gap, AT)).toBe(
      '<132>1 2026-03-01T12:00:00.250Z - shop - platform [cartwright@32473 tenant="acme" application="shop" sequence="8"] 1234 lines dropped here (rate-limit)',
    );
  });

  test.each([
    [null, 134],
    ['debug', 135],
    ['info', 134],
    ['error', 131],
    ['fatal', 130],
  ] as const)('of the level %s have the priority %s', (level, priority) => {
    expect(syslogMessage(shop, line({ level }), AT)).toMatch(new RegExp(`^<${priority}>1 `));
  });

  test('have fields of the lengths and characters that the RFC allows, whatever they are made of', () => {
    const name = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(name, name, name, fc.string({ unit: 'binary' }), (alias, instance, stream, text) => {
        const message = syslogMessage(shop, line({ alias, instance, stream, text }), AT);
        const [, host, app, process, id] =
          /^<\d+>1 \S+ ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) \[/.exec(message) ?? [];
        expect([host, app, process, id]).not.toContain(undefined);
        expect(message.endsWith(text)).toBe(true);
      }),
    );
  });

  test('are counted in bytes, and cut at a character', () => {
    expect(framed('grüße').toString()).toBe('7 grüße');
    expect(datagram('grüße', 3).toString()).toBe('gr');
    expect(datagram('grüße', 4).toString()).toBe('grü');
    expect(datagram('grüße', 100).toString()).toBe('grüße');
  });
});

test('an export request has a resource for each instance, and records in order', () => {
  const entries: LogEntry[] = [
    line(),
    line({ sequence: 8, instance: 'other', level: null }),
    line({ sequence: 9 }),
    gap,
  ];
  const { resourceLogs } = exportRequest(shop, entries, AT + 1);
  expect(resourceLogs.map(({ scopeLogs }) => scopeLogs[0]!.logRecords.length)).toEqual([2, 1, 1]);
  const { resource, scopeLogs } = resourceLogs[0]!;
  expect(resource.attributes).toEqual([
    { key: 'service.namespace', value: { stringValue: 'shop' } },
    { key: 'service.name', value: { stringValue: 'web' } },
    { key: 'service.instance.id', value: { stringValue: '01kabcdefghijk' } },
    { key: 'cartwright.tenant', value: { stringValue: 'acme' } },
  ]);
  expect(scopeLogs[0]!.logRecords[0]).toEqual({
    timeUnixNano: '1772366400250000000',
    observedTimeUnixNano: '1772366400251000000',
    severityNumber: 13,
    severityText: 'WARN',
    body: { stringValue: 'grüße' },
    attributes: [
      { key: 'log.iostream', value: { stringValue: 'stdout' } },
      { key: 'cartwright.sequence', value: { intValue: '7' } },
    ],
  });
  expect(resourceLogs[1]!.scopeLogs[0]!.logRecords[0]).not.toHaveProperty('severityNumber');
  expect(resourceLogs[2]!.scopeLogs[0]!.logRecords[0]!.body.stringValue).toBe('1234 lines dropped here (rate-limit)');
});
