import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { newUid } from '../../schema/ids.ts';
import { clusterTopic } from '../../schema/mqtt/topics.ts';
import { TestBroker, TOKEN } from '../testing/broker.ts';
import { soon } from '../testing/soon.ts';
import { Session } from './session.ts';

jest.setTimeout(20_000);

describe('a session', () => {
  const broker = () => brokers[0]!;
  let brokers: TestBroker[];
  let sessions: Session[];
  let messages: string[];
  let logged: string[];
  let connects: number;

  beforeEach(async () => {
    [brokers, sessions, messages, logged, connects] = [[new TestBroker()], [], [], [], 0];
    await broker().start();
  });
  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await Promise.all(brokers.map((one) => one.stop()));
  });

  const key = { tenant: 't', application: 'a', alias: 'web', instance: newUid() };
  const open = (urls: string[], token: string | (() => string) = TOKEN, tokenSettled = async () => {}) => {
    const session = new Session({
      brokers: urls,
      key,
      token: typeof token === 'string' ? () => token : token,
      tokenSettled,
      will: Buffer.from(JSON.stringify({ v: 1, session: 'run-1', state: 'offline' })),
      subscriptions: [clusterTopic(key, 'desired')],
      log: (_, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
      random: () => 0.1,
      onConnected: () => (connects += 1),
      onMessage: (_, payload) => messages.push(payload.toString()),
    });
    sessions.push(session);
    session.start();
    return session;
  };

  test('reads what is retained, and says goodbye without a will', async () => {
    await broker().publish(clusterTopic(key, 'desired'), Buffer.from('kept'), true);
    const session = open([broker().url]);
    await soon(() => expect(messages).toEqual(['kept']));
    await session.close();
    expect(broker().received.statuses).toEqual([]);
    expect(session.isConnected).toBe(false);
  });

  test('the broker publishes the will when the connection breaks, and the session returns by itself', async () => {
    open([broker().url]);
    await soon(() => expect(connects).toBe(1));
    broker().cut();
    await soon(() => expect(broker().received.statuses).toEqual([{ v: 1, session: 'run-1', state: 'offline' }]));
    await soon(() => expect(connects).toBe(2));
    expect(logged.some((line) => line.startsWith('not connected'))).toBe(true);
  });

  test('connects again with another token at once, and no will speaks', async () => {
    let token = TOKEN;
    const session = open([broker().url], () => token);
    await soon(() => expect(connects).toBe(1));
    session.useToken(TOKEN);
    token = 'another';
    broker().token = token;
    session.useToken(token);
    await soon(() => expect(connects).toBe(2));
    session.useToken(token);
    expect(session.isConnected).toBe(true);
    expect(broker().connects.map(({ password }) => password)).toEqual([TOKEN, 'another']);
    expect(broker().received.statuses).toEqual([]);
    expect(logged.join()).not.toContain('not connected');
  });

  test('tries the brokers in turn', async () => {
    const session = open(['mqtt://127.0.0.1:1', broker().url]);
    await soon(() => expect(session.isConnected).toBe(true));
    expect(logged[0]).toMatch(/^not connected .*127\.0\.0\.1:1.*ECONNREFUSED/);
  });

  test('comes back with the token that is being asked for, and not before it is there', async () => {
    let token = TOKEN;
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    const { promise: waited, resolve: waits } = Promise.withResolvers<void>();
    const settled = () => {
      waits();
      return promise;
    };
    open([broker().url], () => token, settled);
    await soon(() => expect(connects).toBe(1));
    broker().token = 'next';
    broker().cut();
    await waited;
    token = 'next';
    answer();
    await soon(() => expect(connects).toBe(2));
    expect(broker().connects.map(({ password }) => password)).toEqual([TOKEN, 'next']);
  });

  test('a refused token is tried again, and said without the token', async () => {
    open([broker().url], 'wrong-token');
    await soon(() => expect(broker().connects.length).toBeGreaterThanOrEqual(3));
    expect(connects).toBe(0);
    expect(logged.join()).not.toContain('wrong-token');
    expect(logged.join()).toMatch(/Not authorized|Bad username/i);
  });

  test('a publication fails when it cannot be sent, and when the connection breaks under it', async () => {
    const silent = await silentBroker();
    const session = open([silent.url]);
    await expect(session.publish('status', Buffer.from('x'))).rejects.toThrow('not connected');
    await soon(() => expect(session.isConnected).toBe(true));
    const sending = session.publish('status', Buffer.from('x'));
    silent.cut();
    await expect(sending).rejects.toThrow(/closed|broke/);
    await session.close();
    await silent.stop();
  });

  test('survives a broker that speaks nonsense', async () => {
    const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = open([`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, broker().url]);
    await soon(() => expect(session.isConnected).toBe(true));
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});

/** Accepts a connection and acknowledges nothing but that. */
async function silentBroker(): Promise<{ url: string; cut: () => void; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
