/** The suites of the store on a real PostgreSQL, under two orders of text. */
import { afterAll, beforeAll } from '@jest/globals';
import { describeRecords } from '../testing/records-contract.ts';
import { describeStore } from '../testing/store-contract.ts';
import { PostgresFixture } from '../testing/postgres-fixture.ts';
import { PostgresServer } from '../testing/postgres-server.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.close());

describeStore('PostgreSQL', () => PostgresFixture.make(server));
describeRecords('PostgreSQL', () => PostgresFixture.make(server));
// An order of text that is not that of the bytes, as most servers have it.
describeStore('PostgreSQL with another order of text', () =>
  PostgresFixture.make(server, "locale_provider icu icu_locale 'en-US' template template0"),
);
