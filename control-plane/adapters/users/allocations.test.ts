import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinAllocations, parseAllocations, type PresentUser } from './allocations.ts';

const join = (
  machine: Record<string, number>,
  present: readonly PresentUser[],
  archive: Record<string, number>,
): ReturnType<typeof joinAllocations> =>
  joinAllocations(new Map(Object.entries(machine)), present, new Map(Object.entries(archive)));

test('on an empty machine all of the archive’s are taken', () => {
  expect(join({}, [], { acme: 1001, rival: 1002 })).toEqual({
    users: new Map([
      ['acme', 1001],
      ['rival', 1002],
    ]),
    refused: [],
  });
});

test('the machine’s own file wins, over the archive and what is there', () => {
  const { users, refused } = join({ acme: 1005 }, [{ tenant: 'acme', user: 1006 }], { acme: 1001, rival: 1005 });
  expect([...users]).toEqual([['acme', 1005]]);
  expect(refused).toEqual([{ tenant: 'rival', user: 1005 }]);
});

test('a tenant has the id with which its instances run, where the machine’s file is lost', () => {
  const { users, refused } = join({}, [{ tenant: 'acme', user: 1002 }], { acme: 1001, rival: 1002 });
  expect([...users]).toEqual([['acme', 1002]]);
  expect(refused).toEqual([{ tenant: 'rival', user: 1002 }]);
});

test('an id with which something runs of which nobody knows whose it is goes to no tenant', () => {
  const { users, refused } = join({}, [{ tenant: null, user: 1001 }], { acme: 1001, rival: 1002 });
  expect([...users]).toEqual([['rival', 1002]]);
  expect(refused).toEqual([{ tenant: 'acme', user: 1001 }]);
});

test('no id is given twice, nothing of the machine changes, and doing it again changes nothing', () => {
  const tenant = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const user = fc.integer({ min: 1000, max: 1006 });
  const allocations = fc
    .uniqueArray(fc.tuple(tenant, user), { selector: ([name]) => name })
    .map((pairs) => new Map([...new Map(pairs.map(([name, id]) => [id, name]))].map(([id, name]) => [name, id])));
  const present = fc.array(fc.record({ tenant: fc.option(tenant), user }), { maxLength: 6 });
  fc.assert(
    fc.property(allocations, present, allocations, (machine, there, archive) => {
      const { users, refused } = joinAllocations(machine, there, archive);
      expect(new Set(users.values()).size).toBe(users.size);
      for (const [name, id] of machine) expect(users.get(name)).toBe(id);
      for (const name of archive.keys())
        expect(users.has(name) || refused.some((one) => one.tenant === name)).toBe(true);
      expect(joinAllocations(users, there, archive).users).toEqual(users);
    }),
  );
});

test.each([
  ['{"v":1,"users":{"acme":1001,"rival":1001}}', 'gives the user id 1001 to the tenants acme and rival'],
  ['{"v":2,"users":{}}', ''],
  ['{"v":1,"users":{"acme":0}}', ''],
  ['{"v":1,"users":{"acme":"root"}}', ''],
  ['not JSON', ''],
])('the file %s is not believed', (text, why) => {
  expect(() => parseAllocations(text)).toThrow(why);
});
