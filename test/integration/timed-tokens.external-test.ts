/** Tokens that end, with a Mosquitto whose accounts the control plane keeps. */
import { jest } from '@jest/globals';
import { pino } from 'pino';
import {
  createDynamicSecurityAccounts,
  type DynamicSecurityAccounts,
} from '../../control-plane/adapters/mqtt/dynamic-security/accounts.ts';
import { createMqttMessaging } from '../../control-plane/adapters/mqtt/messaging.ts';
import { Mosquitto, SECURED_USERS } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { describeTimedTokens } from '../support/timed-tokens.ts';

jest.setTimeout(60_000);

describeTimedTokens('Mosquitto', true, async () => {
  const mosquitto = await Mosquitto.startSecured();
  const { url } = mosquitto;
  const logger = pino({ level: 'silent' });
  const of = ({ name, password }: (typeof SECURED_USERS)['user' | 'security']) => ({ username: name, password });
  const messaging = createMqttMessaging({ ...{ url, logger, clientId: 'control-plane' }, ...of(SECURED_USERS.user) });
  let accounts: DynamicSecurityAccounts | undefined;
  let starts = 0;
  return {
    url,
    messaging,
    async openAccounts() {
      await accounts?.close();
      starts += 1;
      const clientId = `security-${starts}`;
      accounts = createDynamicSecurityAccounts({ url, logger, clientId, ...of(SECURED_USERS.security) });
      return accounts;
    },
    async close() {
      await accounts?.close();
      await messaging.close();
      await mosquitto.close();
    },
  };
});
