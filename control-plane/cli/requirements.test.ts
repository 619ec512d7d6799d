import { expect, test } from '@jest/globals';
import { missingRequirement } from './requirements.ts';

test('nothing is missing on Linux with Node.js 24 or newer', () => {
  expect(missingRequirement('serve', { platform: 'linux', nodeVersion: '24.0.0' })).toBeUndefined();
  expect(missingRequirement('serve', { platform: 'linux', nodeVersion: '100.1.2' })).toBeUndefined();
});

test('an older Node.js is named, with what to do', () => {
  const line = missingRequirement('demo', { platform: 'linux', nodeVersion: '20.20.2' });
  expect(line).toMatch(/"cartwright demo" needs Node\.js 24 .* 20\.20\.2; install/);
  expect(line).not.toContain('\n');
});

test('another system is told to use a Linux machine, and how to work with it from there', () => {
  const line = missingRequirement('serve', { platform: 'darwin', nodeVersion: '24.0.0' });
  expect(line).toMatch(/runs on Linux only and this is darwin; .*cartwright login/);
  expect(line).not.toContain('\n');
});
