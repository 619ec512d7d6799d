import { createServer, type Server } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { after, ChildBackend } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, load } from './testing/client.ts';

describe('when instances fail', () => {
  let bed: Bed;
  const servers: { server: Server; sockets: Set<Socket> }[] = [];
  beforeEach(
    async () =>
      (bed = await Bed.start({ LB_ANSWER_SECONDS: '1', LB_NO_INSTANCE_SECONDS: '2.5', LB_CONNECT_SECONDS: '0.5' })),
  );
  afterEach(async () => {
    await bed.close();
    for (const { server, sockets } of servers.splice(0)) {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** A server that does to each connection what no HTTP server should. */
  async function rude(behave: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      behave(socket);
    });
    servers.push({ server, sockets });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function freePort(): Promise<number> {
    const port = await rude(() => undefined);
    await new Promise((resolve) => servers.pop()?.server.close(resolve));
    return port;
  }

  test('an instance killed under load costs no request that may be sent twice', async () => {
    const [doomed, other, third] = await Promise.all([bed.child(5), bed.child(5), bed.child(5)]);
    await bed.apply([
      { instance: 'doomed', port: doomed.port },
      { instance: 'other', port: other.port },
      { instance: 'third', port: third.port },
    ]);
    const running = load(bed.port, 12);
    await eventually('some load', () => running.progress() > 200);
    await doomed.kill();
    const progress = running.progress();
    await eventually('more load', () => running.progress() > progress + 400);
    const { statuses, broken, total } = await running.stop();
    expect({ statuses, broken }).toEqual({ statuses: { 200: total }, broken: [] });
    const demand = await bed.settled(total);
    expect(demand).toMatchObject({ completions: [0, total, 0, 0, 0], failures: 0 });
    expect(demand.instances.doomed?.failures).toBeGreaterThan(0);
  });

  test('of requests that may not be sent twice, only those in flight there are lost', async () => {
    const [doomed, other] = await Promise.all([bed.child(20), bed.child(20)]);
    await bed.apply([
      { instance: 'doomed', port: doomed.port },
      { instance: 'other', port: other.port },
    ]);
    const running = load(bed.port, 10, { method: 'POST', body: 'once' });
    await eventually('some load', () => running.progress() > 100);
    await doomed.kill();
    const progress = running.progress();
    await eventually('more load', () => running.progress() > progress + 100);
    const { statuses, broken, total } = await running.stop();
    const lost = statuses[502] ?? 0;
    expect(broken).toEqual([]);
    expect(lost).toBeLessThanOrEqual(5);
    expect(statuses[200]).toBe(total - lost);
    expect(await bed.settled(total)).toMatchObject({ completions: [0, total - lost, 0, 0, 0], failures: lost });
  });

  test('an instance that refuses connections is left alone for a second, and asked again afterwards', async () => {
    const port = await freePort();
    const healthy = await bed.backend(after(0));
    await bed.apply([
      { instance: 'down', port },
      { instance: 'up', port: healthy.port },
    ]);
    for (let index = 0; index < 20; index++)
      expect(await ask(bed.port, { method: 'POST', body: 'x' })).toMatchObject({ status: 200 });
    expect((await bed.settled(20)).instances.down).toMatchObject({ failures: 1, completions: 0 });
    const child = await ChildBackend.start(0, port);
    try {
      await eventually('it to be asked again', async () => {
        await ask(bed.port);
        return (bed.balancer.report().web?.instances.down?.completions ?? 0) > 0;
      });
    } finally {
      await child.kill();
    }
  });

  test('a request waits for its only instance to be restarted', async () => {
    const port = await freePort();
    await bed.apply([{ instance: 'only', port }]);
    const answer = ask(bed.port, { method: 'POST', body: 'x' });
    await eventually('it to wait', () => bed.balancer.report().web?.queued === 1);
    const child = await ChildBackend.start(0, port);
    try {
      expect(await answer).toMatchObject({ status: 200, body: 'child' });
    } finally {
      await child.kill();
    }
  });

  test('when all refuse until the patience is over, the answer is 503', async () => {
    await bed.apply([
      { instance: 'a', port: await freePort() },
      { instance: 'b', port: await freePort() },
    ]);
    expect(await ask(bed.port)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(await bed.settled(1)).toMatchObject({ sheds: 1, failures: 0 });
  });

  test('an instance that does not answer in time is 504, and not asked twice', async () => {
    const silent = await bed.backend(() => undefined);
    await bed.apply([{ instance: 'silent', port: silent.port }]);
    expect(await ask(bed.port)).toMatchObject({ status: 504, body: 'The instance did not answer in time.\n' });
    expect(silent.requests).toBe(1);
    expect(await bed.settled(1)).toMatchObject({ failures: 1, completions: [0, 0, 0, 0, 0] });
  });

  test('an instance that closes without an answer is asked three times for GET, once for POST', async () => {
    let connections = 0;
    const port = await rude((socket) => {
      connections++;
      socket.once('data', () => socket.destroy());
    });
    await bed.apply([{ instance: 'rude', port }]);
    expect(await ask(bed.port)).toMatchObject({ status: 502 });
    expect(connections).toBe(3);
    expect(await ask(bed.port, { method: 'POST', body: 'x' })).toMatchObject({ status: 502 });
    expect(connections).toBe(4);
    expect(await bed.settled(2)).toMatchObject({ failures: 2 });
  });

  test.each([
    ['that is shorter than it said', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'],
    ['in chunks that end early', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ])('an answer %s breaks the client’s connection: it must not look whole', async (_what, text) => {
    const port = await rude((socket) => socket.once('data', () => socket.end(text)));
    await bed.apply([{ instance: 'liar', port }]);
    await expect(ask(bed.port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect(await bed.settled(1)).toMatchObject({ failures: 1, completions: [0, 0, 0, 0, 0] });
  });

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('an answer that is %s is a 502', async (_what, text) => {
    const port = await rude((socket) => socket.once('data', () => socket.end(text)));
    await bed.apply([{ instance: 'liar', port }]);
    expect(await ask(bed.port, { method: 'POST' })).toMatchObject({ status: 502 });
  });

  test('an instance that never comes to its answer for interim ones is cut off', async () => {
    const port = await rude((socket) =>
      socket.once('data', () => {
        const flood = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'), 5);
        socket.on('close', () => clearInterval(flood));
      }),
    );
    await bed.apply([{ instance: 'chatty', port }]);
    expect(await ask(bed.port, { method: 'POST', body: 'x' })).toMatchObject({ status: 502 });
  });

  test('an answer whose headers never end is a 502', async () => {
    const port = await rude((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const flood = setInterval(() => socket.write(`x-a: ${'y'.repeat(2000)}\r\n`), 5);
        socket.on('close', () => clearInterval(flood));
      }),
    );
    await bed.apply([{ instance: 'endless', port }]);
    expect(await ask(bed.port, { method: 'POST', body: 'x' })).toMatchObject({ status: 502 });
  });

  test.each([
    ['5,000 headers', Array.from({ length: 5000 }, (_, index) => `x-h${index}: v`).join('\r\n')],
    ['a header of 40 KB', `x-big: ${'v'.repeat(40_000)}`],
  ])('an answer with %s is asked for once, and the client is told what is wrong with it', async (_what, headers) => {
    let requests = 0;
    const port = await rude((socket) =>
      socket.once('data', () => {
        requests++;
        socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\ncontent-length: 2\r\n\r\nok`);
      }),
    );
    await bed.apply([{ instance: 'wordy', port }]);
    expect(await ask(bed.port)).toMatchObject({
      status: 502,
      body: 'The instance’s answer has too many headers, or more than 16384 bytes of them.\n',
    });
    expect(requests).toBe(1);
    expect(await bed.settled(1)).toMatchObject({ failures: 1 });
  });

  test('an answer that is no HTTP is asked for once, and the client is told so', async () => {
    let requests = 0;
    const port = await rude((socket) =>
      socket.once('data', () => {
        requests++;
        socket.end('hello\r\n\r\n');
      }),
    );
    await bed.apply([{ instance: 'liar', port }]);
    expect(await ask(bed.port)).toMatchObject({ status: 502, body: 'The instance’s answer is not valid HTTP.\n' });
    expect(requests).toBe(1);
  });

  test('what follows an answer that was longer than it said reaches nobody', async () => {
    const port = await rude((socket) =>
      socket.on('data', () =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nevil'),
      ),
    );
    await bed.apply([{ instance: 'liar', port }]);
    for (let index = 0; index < 5; index++) expect((await ask(bed.port)).body).toBe('ok');
  });
});
