/** The contract against hostile clients on a real Mosquitto with its dynamic-security plugin, configured as docs/mqtt.md says. */
import { describeHostileClients } from '../testing/hostile-contract.ts';
import { describeHostilePayloads } from '../testing/hostile-payload-contract.ts';
import { describeMessaging } from '../testing/messaging-contract.ts';
import { SecuredFixture } from './testing/secured-fixture.ts';

describeMessaging('Mosquitto with accounts', () => SecuredFixture.open());
describeHostileClients('Mosquitto', () => SecuredFixture.open());
describeHostilePayloads('Mosquitto', () => SecuredFixture.open());
