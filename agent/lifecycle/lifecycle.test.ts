import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AGENT_STATES, reason } from '../../schema/mqtt/status.ts';
import { Fault, FAULT_CODES, reasonOf } from './faults.ts';
import { explainNotReady } from './explain.ts';
import type { Launch } from './launch.ts';
import { listenersOf, listenerText, listensOn, parseListeners, serves } from './listeners.ts';
import { isAllowed } from './states.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0BB8 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0000000000000000 20 4 30 10 -1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 88 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 89 1 0000000000000000 100 0 0 10 0
   2: B80D0120000000000000000001000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 90 1 0000000000000000 100 0 0 10 0
`;

describe('what processes listen on', () => {
  test('is read from the kernel’s tables, listening sockets only', () => {
    expect(Object.fromEntries(parseListeners(TCP))).toEqual({
      4242: { host: '127.0.0.1', port: 3000 },
      77: { host: '0.0.0.0', port: 8080 },
    });
    expect(Object.fromEntries(parseListeners(TCP6))).toEqual({
      88: { host: '::', port: 8081 },
      89: { host: '127.0.0.1', port: 8082 },
      90: { host: '2001:db8::1', port: 8083 },
    });
    expect(parseListeners('garbage\n 1: x:y 0A').size).toBe(0);
  });

  test('is found for this very process', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(listenersOf([process.pid])).toContainEqual({ host: '127.0.0.1', port });
    expect(listensOn([process.pid], port)).toBe(true);
    expect(listensOn([process.ppid], port)).toBe(false);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(listenersOf([process.pid]).some((listener) => listener.port === port)).toBe(false);
    expect(listensOn([process.pid], port)).toBe(false);
    expect(listenersOf([2 ** 30])).toEqual([]);
  });

  test('is found when it listens on IPv6, too', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '::', resolve));
    const { port } = server.address() as AddressInfo;
    expect(listensOn([process.pid], port)).toBe(true);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  test('serves what is expected when it has the port and the address or all addresses', () => {
    const expected = { host: '10.0.0.5', port: 80 };
    expect(serves({ host: '10.0.0.5', port: 80 }, expected)).toBe(true);
    expect(serves({ host: '0.0.0.0', port: 80 }, expected)).toBe(true);
    expect(serves({ host: '::', port: 80 }, expected)).toBe(true);
    expect(serves({ host: '127.0.0.1', port: 80 }, expected)).toBe(false);
    expect(serves({ host: '10.0.0.5', port: 81 }, expected)).toBe(false);
    expect(listenerText({ host: '::1', port: 80 })).toBe('[::1]:80');
  });

  test('explains an application that took the wrong address or port', () => {
    const expected = { host: '0.0.0.0', port: 41007, variable: 'PORT' };
    const launch = { expected, deadlineSeconds: 60 } as Launch;
    expect(reasonOf(explainNotReady(launch, [{ host: '127.0.0.1', port: 3000 }], 'no connection'))).toEqual({
      code: 'listens-elsewhere',
      message: 'listens on 127.0.0.1:3000; expected 0.0.0.0:41007 ($PORT)',
    });
    expect(explainNotReady(launch, [{ host: '127.0.0.1', port: 41007 }], 'no connection').code).toBe(
      'listens-elsewhere',
    );
    expect(explainNotReady(launch, [{ host: '::', port: 41007 }], 'no connection').code).toBe('not-ready-in-time');
  });
});

describe('the lifecycle', () => {
  test('what was drained never serves again, and what was terminated is the end', () => {
    for (const state of AGENT_STATES) {
      expect(isAllowed('terminated', state)).toBe(false);
      expect(isAllowed('ready-to-shutdown', state)).toBe(state === 'terminated');
    }
    expect(isAllowed('maintenance', 'active')).toBe(false);
    expect(isAllowed('faulty', 'active')).toBe(true);
  });

  test('every reason fits the contract, however long its message', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FAULT_CODES),
        fc.string({ maxLength: 10_000, unit: 'binary' }),
        (code, message) => {
          expect(reason.safeParse(reasonOf(new Fault(code, message))).success).toBe(true);
          expect(reason.safeParse(reasonOf(message)).success).toBe(true);
        },
      ),
    );
  });

  test('every reason code is in the documentation', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/agent.md'), 'utf8');
    for (const code of FAULT_CODES) expect(page).toContain(`\`${code}\``);
  });
});
