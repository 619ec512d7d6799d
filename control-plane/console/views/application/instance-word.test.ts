import { expect, test } from '@jest/globals';
import { instanceWord } from './instance-word.ts';

const calm = { unreachable: false, draining: null } as const;

test.each([
  [{ ...calm, state: 'ACTIVE' }, 'active'],
  [{ ...calm, state: 'ACTIVE', unreachable: true }, 'unreachable'],
  [{ ...calm, state: 'FAULTY', unreachable: true }, 'faulty'],
  [{ ...calm, state: 'ACTIVE', draining: { purpose: 'STOP' } }, 'draining'],
  [{ ...calm, state: 'ACTIVE', draining: { purpose: 'SWITCH' } }, 'switching release'],
  [{ ...calm, state: 'READY_TO_SHUTDOWN' }, 'ready to shut down'],
  [{ ...calm, state: 'HALF_ASLEEP' as never }, 'half asleep'],
] as const)('an instance that is %j is %s', (instance, word) => {
  expect(instanceWord(instance).word).toBe(word);
});
