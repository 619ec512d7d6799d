import { expect, test } from '@jest/globals';
import { brokerFault, controlPlaneFault, nameFault } from './register-faults.ts';

test.each([
  ['frankfurt-1', ''],
  ['', 'needed'],
  ['Frankfurt', 'lower-case'],
])('the name "%s": %s', (name, words) => {
  expect(nameFault(name)).toContain(words);
});

test.each([
  ['mqtts://broker.example.org:8883', ''],
  ['', 'needed'],
  ['broker.example.org', 'such as mqtts://'],
  ['https://broker.example.org', 'such as mqtts://'],
  ['mqtt://me:secret@broker.example.org', 'without user'],
  ['mqtt://127.0.0.1:1883', 'the pod itself'],
])('the broker "%s": %s', (url, words) => {
  expect(brokerFault(url)).toContain(words);
});

test('the control plane is reached over HTTP', () => {
  expect(controlPlaneFault('https://cartwright.example.org')).toBe('');
  expect(controlPlaneFault('http://[::1]:4747')).toContain('the pod itself');
});
