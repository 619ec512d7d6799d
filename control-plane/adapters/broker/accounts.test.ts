import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { instanceTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { identityOf, RecordingListener, tokenOf } from '../testing/mqtt-client.ts';
import { BrokerFixture } from './testing/fixture.ts';

const web = identityOf('web-1');
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

let fixture: BrokerFixture;
beforeEach(async () => {
  fixture = await BrokerFixture.open();
  await fixture.messaging.start(new RecordingListener());
});
afterEach(() => fixture.close());

test('a connection goes on as long as the token that it was made with is accepted, and ends with it', async () => {
  const agent = await fixture.connectAgent(web);
  let isClosed = false;
  agent.once('close', () => (isClosed = true));
  const own = hashOf(tokenOf(web.instance));
  await fixture.messaging.grant({ identity: web, token: 'new', accepted: [hashOf('new'), own] });
  await agent.publishAsync(instanceTopic(web, 'status'), '{}', { qos: 1 });
  expect(isClosed).toBe(false);
  await fixture.messaging.grant({ identity: web, token: 'new', accepted: [hashOf('new')] });
  await eventually('it is ended', () => isClosed);
});

test('an account of an agent that is not connected ends nobody’s connection', async () => {
  const agent = await fixture.connectAgent(web);
  await fixture.messaging.grant({ identity: identityOf('web-2'), token: 'new', accepted: [] });
  await agent.publishAsync(instanceTopic(web, 'status'), '{}', { qos: 1 });
  expect(agent.connected).toBe(true);
});
