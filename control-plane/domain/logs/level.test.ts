import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isAtLeast, levelOf } from './level.ts';

describe('the level of a line', () => {
  test.each([
    // JSON lines
    ['{"level":"info","msg":"x"}', 'info'],
    ['{"level":30,"time":1700000000000,"msg":"pino"}', 'info'],
    ['{"level":50,"msg":"bunyan"}', 'error'],
    ['{"severity":"WARNING","message":"Google"}', 'warn'],
    ['{"severity":"CRITICAL"}', 'fatal'],
    ['{"log.level":"error","message":"ECS"}', 'error'],
    ['{"log":{"level":"debug"},"message":"ECS, nested"}', 'debug'],
    ['{"level":3,"short_message":"GELF"}', 'error'],
    ['{"severity_text":"ERROR2"}', null],
    ['{"levelname":"WARNING"}', 'warn'],
    ['  {"lvl":"dbug2"}', null],
    ['{"level":"toString"}', null],
    ['{"level":{"a":1}}', null],
    ['{"msg":"level is ERROR"}', null],
    ['{"level":"error", cut off', null],
    // key=value
    ['time="2026-03-01T12:00:00Z" level=warning msg="logrus"', 'warn'],
    ['ts=1 lvl=eror msg=x', null],
    ['ts=2026-01-01 lvl=error msg=x', 'error'],
    // words before the message
    ['2026-03-01 12:00:00,123 [main] ERROR com.example.Shop - no', 'error'],
    ['2026-03-01T12:00:00.123Z  WARN 4711 --- [nio-8080-exec-1] o.a.c.C : Spring', 'warn'],
    ['2026-03-01 12:00:00,123 - root - CRITICAL - Python', 'fatal'],
    ['ERROR:root:Python without a format', 'error'],
    ['01-Mar-2026 12:00:00.000 SEVERE [main] org.apache.catalina.startup', 'error'],
    ['2026/03/01 12:00:00 [error] 123#0: *1 nginx', 'error'],
    ['[Sun Mar 01 12:00:00.000000 2026] [core:error] [pid 1] apache', 'error'],
    ['[01-Mar-2026 12:00:00 UTC] PHP Warning:  Undefined variable', 'warn'],
    ['PHP Fatal error:  Uncaught', 'error'],
    ['PHP Deprecated:  old', 'warn'],
    ['I0301 12:00:00.000000       1 main.go:1] klog', 'info'],
    ['E0301 12:00:00.000000       1 main.go:1] klog', 'error'],
    ['<4>systemd', 'warn'],
    ['[INFO] ready', 'info'],
    ['(warn) ready', 'warn'],
    ['npm ERR! code', 'error'],
    ['error: not found', 'error'],
    ['Warning: deprecated', 'warn'],
    ['Error: connect ECONNREFUSED', 'error'],
    ['TypeError: x is not a function', 'error'],
    ['Uncaught ReferenceError: y', 'error'],
    ['java.lang.IllegalStateException: no', null],
    ['FATAL:  the database system is starting up', 'fatal'],
    ['2026-03-01 12:00:00.000 UTC [1] LOG:  PostgreSQL', 'info'],
    ['\u001b[32mINFO\u001b[39m [12:00]: pino-pretty', 'info'],
    ['\u001b[33m[WARN]\u001b[0m \u001b[1mcoloured\u001b[0m', 'warn'],
    // sentences
    ['error handling is on', null],
    ['there was no error', null],
    ['GET /error 200', null],
    ['information about warnings', null],
    ['Listening on port 8080', null],
    ['', null],
    ['{', null],
    ['null', null],
  ] as const)('of %j is %s', (text, level) => {
    expect(levelOf(text)).toBe(level);
  });

  test('never throws, and takes no longer for what was made to be slow', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        levelOf(text);
        levelOf(`{"level":${JSON.stringify(text)}}`);
      }),
    );
    const started = performance.now();
    for (const piece of ['[', '=', '"level":', 'level=', '\u001b[', 'A:', '{"a":', '(a:a:', '*|*|'])
      levelOf(piece.repeat(8192 / piece.length));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

test('at least a level', () => {
  expect(isAtLeast('error', 'warn')).toBe(true);
  expect(isAtLeast('warn', 'warn')).toBe(true);
  expect(isAtLeast('info', 'warn')).toBe(false);
  expect(isAtLeast(null, 'trace')).toBe(false);
});
