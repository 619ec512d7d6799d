/** What an application may answer a check with: nothing of it is kept, whatever it is. */
import { afterEach, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { runProbe } from './probe.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
});

/** Answers with a beginning, and then with the same again and again; `sent` counts the bytes that were taken. */
async function endless(
  beginning: string,
  again: string,
): Promise<{ readonly port: number; readonly sent: () => number }> {
  let sent = 0;
  const chunk = Buffer.from(again.repeat(Math.ceil(65_536 / again.length)));
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    const write = (): void => {
      if (socket.destroyed) return;
      sent += chunk.length;
      socket.write(chunk, write);
    };
    socket.once('data', () => socket.write(beginning, write));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, sent: () => sent };
}

const check = (port: number) =>
  runProbe(
    { kind: 'http', host: '127.0.0.1', port, path: '/', intervalSeconds: 1, timeoutSeconds: 5 },
    new AbortController().signal,
  );
/** What lies in the kernel's buffers between the two. */
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;

test('a body without an end is not read: the status says it all', async () => {
  const { port, sent } = await endless('HTTP/1.1 200 OK\r\n\r\n', 'x');
  expect(await check(port)).toBeUndefined();
  expect(sent()).toBeLessThan(IN_FLIGHT_BYTES);
});

test.each([
  ['headers', 'HTTP/1.1 200 OK\r\n', 'X-More: of the same\r\n'],
  ['one header', 'HTTP/1.1 200 OK\r\nX-Long: ', 'x'],
  ['a status', 'HTTP/1.1 200 ', 'OK'],
])('%s without an end is a failed check, soon', async (_what, beginning, again) => {
  const { port, sent } = await endless(beginning, again);
  expect(await check(port)).toMatch(/^GET \/ on port \d+ failed \((HPE_|ECONNRESET)/);
  expect(sent()).toBeLessThan(IN_FLIGHT_BYTES);
});
