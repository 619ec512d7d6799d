/** What the store promises on every database, as tests. A driver passes by running them with its fixture. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { instance } from './records.ts';
import { auditContract } from './store/audit.ts';
import { eventsContract } from './store/events.ts';
import { findingContract } from './store/finding.ts';
import { historyContract } from './store/history.ts';
import { idempotencyContract } from './store/idempotency.ts';
import { leaseContract } from './store/lease.ts';
import { pruningContract } from './store/pruning.ts';
import { transactionsContract } from './store/transactions.ts';
import type { Given, StoreFixture } from './store/given.ts';

export function describeStore(name: string, make: () => Promise<StoreFixture>): void {
  describe(`the store on ${name} keeps the contract:`, () => {
    // Filled before each test.
    const given = {} as Given;
    beforeEach(async () => {
      given.fixture = await make();
      given.time = 1_800_000_000_000;
      given.store = await given.fixture.open({ now: () => given.time });
    });
    afterEach(() => given.fixture.close());

    findingContract(given);
    eventsContract(given);
    transactionsContract(given);
    leaseContract(given);
    idempotencyContract(given);
    auditContract(given);
    historyContract(given);
    pruningContract(given);

    test('a closed store says so', async () => {
      await given.store.ping();
      await given.store.close();
      await expect(given.store.instances.save(instance())).rejects.toMatchObject({ code: 'DATABASE_CLOSED' });
    });
  });
}
