/** Audit records: never replaced, with their change or not at all. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newUid } from '../../../../../schema/ids.ts';
import type { AuditFilter, Page } from '../../../../app/ports/store.ts';
import * as records from '../records.ts';
import type { Given } from './given.ts';

export function auditContract(given: Given): void {
  describe('audit records', () => {
    const at = (hours: number) => given.time + hours * 3_600_000;
    const [any] = fc.sample(records.audit, 1);
    const append = (...hours: number[]) =>
      given.store.audit.append(
        hours.map((hour) => ({
          ...any!,
          uid: newUid(at(hour)),
          at: at(hour),
          tenant: 'acme',
          tenantUid: `t${hour}`,
        })),
      );
    const found = async (filter: AuditFilter, page: Page = {}) =>
      (await given.store.audit.find(filter, page)).map((record) => (record.at - given.time) / 3_600_000);

    test('are found in order of time, by what they are about and from when to when', async () => {
      await append(1, 2, 3, 4);
      expect(await found({})).toEqual([1, 2, 3, 4]);
      expect(await found({ tenantUid: 't2' })).toEqual([2]);
      expect(await found({ from: at(2), to: at(4) })).toEqual([2, 3]);
      expect(await found({ from: at(2), to: at(4) }, { newestFirst: true })).toEqual([3, 2]);
      expect(await found({ from: at(1) }, { newestFirst: true, limit: 2 })).toEqual([4, 3]);
      const [second] = await given.store.audit.find({ tenantUid: 't2' }, {});
      expect(await found({}, { after: second!.uid })).toEqual([3, 4]);
      expect(await found({}, { after: second!.uid, newestFirst: true })).toEqual([1]);
    });

    test('are never replaced, not even by themselves', async () => {
      await append(1);
      const [record] = await given.store.audit.find({}, {});
      await expect(given.store.audit.append([{ ...record!, mutation: 'another' }])).rejects.toThrow();
      expect(await given.store.audit.find({}, {})).toEqual([record]);
    });

    test('are there with the change of their transaction, and not without it', async () => {
      const change = (mayEnd: boolean) =>
        given.store.transaction(async (tx) => {
          await tx.settings.save({ uid: 'changed', value: 1 });
          await tx.audit.append([{ ...any!, uid: newUid() }]);
          if (!mayEnd) throw new Error('rolled back');
        });
      await expect(change(false)).rejects.toThrow('rolled back');
      expect(await given.store.audit.find({}, {})).toEqual([]);
      await change(true);
      expect(await given.store.audit.find({}, {})).toHaveLength(1);
    });

    test('outlive their tenant, and go after thirteen months', async () => {
      await append(-24 * 396, -24 * 396 - 1);
      await given.store.forgetTenant('acme');
      expect(await found({})).toHaveLength(2);
      expect((await given.store.prune(given.time)).audit).toBe(1);
      expect(await found({})).toEqual([-24 * 396]);
    });
  });
}
