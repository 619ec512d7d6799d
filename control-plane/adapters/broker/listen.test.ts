import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { BrokerFixture } from './testing/fixture.ts';

describe('the embedded broker', () => {
  test('says which port is in use and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await expect(BrokerFixture.open({ port })).rejects.toMatchObject({
        code: 'BROKER_PORT_IN_USE',
        message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*another broker port`)),
      });
    } finally {
      other.close();
    }
  });

  test('says that an address is none of this machine', async () => {
    await expect(BrokerFixture.open({ host: '192.0.2.1', allowPlaintext: true })).rejects.toMatchObject({
      code: 'BROKER_LISTEN_FAILED',
      message: expect.stringContaining('192.0.2.1'),
    });
  });

  test('listens on other addresses than loopback only with TLS, or when it is told so by name', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
      await expect(BrokerFixture.open({ host })).rejects.toMatchObject({ code: 'BROKER_TLS_REQUIRED' });
    }
    const open = await BrokerFixture.open({ host: '0.0.0.0', allowPlaintext: true });
    await open.close();
  });

  test('is not connected before it was started, nor after it was closed', async () => {
    const fixture = await BrokerFixture.open();
    expect(fixture.messaging.isConnected).toBe(false);
    await fixture.messaging.start({
      message: () => undefined,
      connected: () => undefined,
      disconnected: () => undefined,
    });
    expect(fixture.messaging.isConnected).toBe(true);
    await fixture.close();
    expect(fixture.messaging.isConnected).toBe(false);
  });
});
