import { describe, expect, test } from '@jest/globals';
import { generatedDay, parseTrace } from './trace.ts';

describe('the generated day', () => {
  const day = generatedDay(180, 100);
  test('begins and ends calm, and reaches its peak', () => {
    const rates = Array.from({ length: 180 }, (_, second) => day.rateAt(second));
    expect(Math.max(...rates)).toBeCloseTo(100, 0);
    expect(day.rateAt(0)).toBeLessThan(10);
    expect(day.rateAt(179)).toBeLessThan(10);
  });
  test('is silent before its beginning and after its end', () => {
    expect(day.rateAt(-1)).toBe(0);
    expect(day.rateAt(180)).toBe(0);
  });
});

describe('a recorded trace', () => {
  const parse = (text: string) => parseTrace(text, 'load.csv', 100, 50);
  test('is squeezed to the length and the peak asked for', () => {
    const trace = parse('t_seconds,requests_per_second\n0,0\n3600,10\n7200,0\n');
    expect(trace.rateAt(49.9)).toBeCloseTo(50, 0);
    expect(trace.rateAt(0)).toBe(0);
  });
  test.each([
    ['a,b\n0,1\n', 'load.csv:1: expected the header'],
    ['t_seconds,requests_per_second\n0,1\n1,x\n', 'load.csv:3: expected two numbers'],
    ['t_seconds,requests_per_second\n0,1\n1,-2\n', 'load.csv:3: a rate of -2'],
    ['t_seconds,requests_per_second\n5,1\n1,2\n', 'load.csv:3: time 1 s does not come after 5 s'],
    ['t_seconds,requests_per_second\n0,1\n', 'expected at least two samples'],
    ['t_seconds,requests_per_second\n0,0\n1,0\n', 'every rate is 0'],
    ['', 'load.csv:1: expected the header'],
  ])('says what is wrong and where: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
