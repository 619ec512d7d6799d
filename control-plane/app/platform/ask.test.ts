import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../../../test/support/certificate.ts';
import type { Principal } from '../principal.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { PROGRAM } from '../testing/program.ts';

const DAY = 86_400_000;
const ANN: Principal = { token: 'ann', name: 'ann', role: 'admin', tenant: 'acme', application: null };

let platform: Platform;
let agents: Agents;

beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

const health = () => platform.parts.queries.platformHealth(OPERATOR);

test('what program it is, and what time it is there, everybody may know', () => {
  expect(platform.parts.queries.platform({ ...ANN, role: 'viewer', application: 'shop' })).toEqual({
    version: '1.2.3-test',
    now: platform.now,
  });
});

test('how the platform is, operators alone may know', async () => {
  await expect(platform.parts.queries.platformHealth(ANN)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

describe('an operator is told', () => {
  test('what is there, and what is wrong', async () => {
    platform.checks = [
      { name: 'database', check: async () => undefined },
      { name: 'lease', check: () => Promise.reject(new Error('another one acts')) },
    ];
    platform.program = { ...PROGRAM, databaseKind: 'postgres', queuedWrites: () => 7, droppedLogLines: () => 3 };
    await platform.start();
    await platform.parts.diskWatch.look();
    expect(await health()).toMatchObject({
      startedAt: platform.now,
      checks: [
        { name: 'database', ok: true, detail: null },
        { name: 'lease', ok: false, detail: 'another one acts' },
      ],
      broker: { kind: 'outside', isConnected: true, problem: null },
      database: { kind: 'postgres', queuedWrites: 7 },
      lease: { holder: 'test', fence: expect.any(Number) },
      disk: { freeBytes: 50e9, totalBytes: 100e9, minimumFreeShare: 0.1, isLow: false },
      droppedLogLines: 3,
      agents: [],
      clocks: { measured: 0, widest: null },
      endingCertificates: [],
    });
  });

  test('that a part does not answer, and nothing waits for it', async () => {
    platform.checks = [{ name: 'database', check: () => new Promise(() => undefined) }];
    await platform.start();
    expect((await health()).checks).toEqual([{ name: 'database', ok: false, detail: 'no answer within 2000 ms' }]);
  });

  test('that the disk is getting full', async () => {
    platform.space = { directory: '/data', freeBytes: 1, totalBytes: 100 };
    await platform.parts.diskWatch.look();
    expect((await health()).disk).toMatchObject({ freeBytes: 1, isLow: true });
  });

  test('of the programs and the clocks of all agents', async () => {
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'plain' }]));
    agents.clockSkewMilliseconds = -90_000;
    for (let step = 0; step < 6; step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 1000;
    }
    const { clocks, agents: programs } = await health();
    expect(programs).toEqual([{ version: 'test', instances: 2 }]);
    expect(clocks).toEqual({
      measured: 2,
      widest: {
        ...{ tenant: 'acme', application: 'shop', alias: expect.any(String), instance: expect.any(String) },
        skewSeconds: -90,
      },
    });
  });

  test('of certificates that end soon, the soonest first', async () => {
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'plain' }]));
    const { cert: chain, key } = selfSigned('shop.example.org');
    const certificate = { application: 'shop', host: 'shop.example.org', chain, key, isDefault: false };
    await platform.parts.mutations.setCertificate(ANN, certificate);
    const [stored] = await platform.database.certificates.find({});
    await platform.database.certificates.save({ ...stored!, notAfter: platform.now + 29 * DAY });
    platform.program = {
      ...PROGRAM,
      brokerAuthorities: [
        { subject: 'CN=old', notAfter: platform.now - DAY },
        { subject: 'CN=new', notAfter: platform.now + 31 * DAY },
      ],
    };
    await platform.start();
    expect((await health()).endingCertificates).toEqual([
      { tenant: null, application: null, name: 'CN=old', notAfter: platform.now - DAY },
      { tenant: 'acme', application: 'shop', name: 'shop.example.org', notAfter: platform.now + 29 * DAY },
    ]);
  });
});
