/** Tokens that end, with the broker that the control plane brings. */
import { pino } from 'pino';
import { createEmbeddedBroker } from '../../control-plane/adapters/broker/broker.ts';
import { describeTimedTokens } from '../support/timed-tokens.ts';

describeTimedTokens('the embedded broker', false, async (access) => {
  const broker = await createEmbeddedBroker({
    ...{ host: '127.0.0.1', port: 0, logger: pino({ level: 'silent' }) },
    authenticate: (instance, token) => access().identify(instance, token),
  });
  return {
    url: `mqtt://127.0.0.1:${broker.port}`,
    messaging: broker,
    openAccounts: async () => broker,
    close: () => broker.close(),
  };
});
