/** What the embedded broker promises as every other; what it alone counts and bounds is in hostile-clients.test.ts. */
import { describeHostileClients } from '../testing/hostile-contract.ts';
import { describeHostilePayloads } from '../testing/hostile-payload-contract.ts';
import { BrokerFixture } from './testing/fixture.ts';

describeHostileClients('the embedded broker', () => BrokerFixture.open());
describeHostilePayloads('the embedded broker', () => BrokerFixture.open());
