import { describeMessaging } from '../testing/messaging-contract.ts';
import { BrokerFixture } from './testing/fixture.ts';

describeMessaging('the embedded broker', () => BrokerFixture.open());
