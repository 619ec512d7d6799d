import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createVault } from '../../adapters/secrets/vault.ts';
import { ProviderError, StoreUnavailable } from '../errors.ts';
import { AgentTokens } from '../identity/agent-tokens.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { only, Platform } from '../testing/platform.ts';

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
  await platform.release();
  await web().serial.run(() => platform.parts.releases.begin(web()));
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const create = () => platform.parts.instances.create(web(), 'decision-1');
const noRoom = () => new ProviderError('DISK_FULL', 'the disk is full; free some');

describe('an instance', () => {
  test('is recorded before the provider is asked, with its token’s hash and never its token', async () => {
    const wrote: string[] = [];
    platform.refuse = (what) => {
      wrote.push(`${what} ${platform.provider.calls.length}`);
      return undefined;
    };
    const { record } = await create();
    expect(wrote[0]).toBe('instances.save 0');
    const { request } = platform.provider.instances.get(record.uid)!;
    expect(record.tokenHash).toBe(createHash('sha256').update(request.token).digest('hex'));
    expect(JSON.stringify(request.document)).not.toContain(request.token);
    expect(JSON.stringify(await platform.database.instances.get(record.uid))).not.toContain(request.token);
    expect(request.document).toMatchObject({ instance: record.uid, alias: 'web', cause: 'decision-1' });
    expect(record).toMatchObject({ state: 'created', release: web().record.stableRelease, cause: 'decision-1' });
  });

  test('is let into the broker before it begins, by a token that can be computed again, and no more when it has ended', async () => {
    const atCreation: string[] = [];
    const { create: begin } = platform.provider;
    platform.provider.create = async (request) => {
      atCreation.push(...platform.accounts.told);
      return begin.call(platform.provider, request);
    };
    const instance = await create();
    const { uid } = instance.record;
    expect(atCreation).toEqual([`grant ${uid}`]);
    const { request } = platform.provider.instances.get(uid)!;
    const { agentTokens, fleet } = platform.parts;
    const keyless = { vault: createVault([]), accounts: platform.accounts, times: platform.tokenTimes };
    const identity = { tenant: 'acme', application: 'shop', alias: 'web', instance: uid, isLoadBalancer: false };
    const accepted = [instance.record.tokenHash];
    expect(agentTokens.accounts()).toEqual([{ identity, token: request.token, accepted }]);
    const without = new AgentTokens({ ...keyless, fleet, clock: { now: () => platform.now } });
    expect(without.accounts()).toEqual([{ identity, token: null, accepted }]);
    await platform.parts.instances.stop(web(), instance, null);
    expect(platform.accounts.told).toEqual([`grant ${uid}`, `revoke ${uid}`]);
    expect(agentTokens.accounts()).toEqual([]);
  });

  test('is not asked for when its record cannot be stored', async () => {
    platform.refuse = (what) => (what === 'instances.save' ? new StoreUnavailable('DATABASE_LOCKED', 'l') : undefined);
    await expect(create()).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    expect(platform.provider.calls).toEqual([]);
    expect(web().live()).toEqual([]);
  });

  test('that the provider refuses is faulty with the reason, cleared away, and the next one waits', async () => {
    platform.provider.failures.push({ call: 'create', error: noRoom() });
    await expect(create()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(web().live()).toEqual([]);
    const [faulty] = await platform.events('instance.faulty');
    expect(faulty?.data).toMatchObject({
      reason: { code: 'disk-full', message: expect.stringContaining('cannot do this right now (DISK_FULL)') },
    });
    expect(faulty?.cause).toBe('decision-1');
    expect(web().startBackoff).toMatchObject({ failures: 1, notBefore: platform.now + 1000 });
    expect(platform.provider.calls.map((call) => call.split(' ')[0])).toEqual(['create', 'remove']);
  });

  test('that the provider fails to start for a reason nobody foresaw says nothing of the machine to its tenant', async () => {
    platform.provider.failures.push({
      call: 'create',
      error: new Error("EMFILE: open '/var/lib/cartwright/instances'"),
    });
    await expect(create()).rejects.toThrow('EMFILE');
    const [faulty] = await platform.events('instance.faulty');
    expect(faulty?.data).toMatchObject({
      reason: { code: 'provider-failed', message: expect.stringContaining('log') },
    });
    expect(JSON.stringify(faulty)).not.toContain('/var/lib');
  });

  test('that can neither be started nor cleared away is tried to be cleared away again', async () => {
    const broken = new ProviderError('INSTANCE_PROCESSES_REMAIN', 'a process does not end');
    platform.provider.failures.push({ call: 'create', error: noRoom() }, { call: 'remove', error: broken });
    await expect(create()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(only(web()).record.state).toBe('faulty');
    platform.now += 5000;
    await platform.pass(web());
    expect(only(web()).record.state).toBe('created');
    expect(platform.provider.instances.size).toBe(1);
  });
});

test('the wait doubles with each failure in a row, up to five minutes', async () => {
  const waits: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    platform.parts.instances.noteFailedStart(web(), 'because');
    waits.push((web().startBackoff!.notBefore - platform.now) / 1000);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

describe('another control plane that has taken over', () => {
  test('stops this one from starting, stopping and removing anything', async () => {
    const instance = await create();
    const before = [...platform.provider.calls];
    const { parts } = platform;
    await platform.database.acquireLease('another');
    const fenced = { code: 'FENCED' };
    await expect(parts.instances.create(web(), null)).rejects.toMatchObject(fenced);
    await expect(parts.instances.stop(web(), instance, null)).rejects.toMatchObject(fenced);
    await expect(parts.instances.discard(web(), instance, null)).rejects.toMatchObject(fenced);
    expect(platform.provider.calls).toEqual(before);
    expect(instance.record.state).toBe('created');
  });

  test('and its passes leave the machine alone, whatever they see', async () => {
    const instance = await create();
    const before = [...platform.provider.calls];
    await platform.database.acquireLease('another');
    platform.provider.end(instance.record.uid, 'signal SIGKILL');
    await expect(platform.pass(web())).rejects.toMatchObject({ code: 'FENCED' });
    expect(platform.provider.calls).toEqual(before);
  });
});

test('a stopped instance is told that it is ours to stop, ended, and forgotten by broker and windows', async () => {
  const agents = new Agents(platform);
  for (let step = 0; step < 6; step += 1) {
    await platform.pass();
    agents.step();
    platform.now += 1500;
  }
  const instance = only(web());
  const { uid } = instance.record;
  await platform.parts.instances.stop(web(), instance, 'decision-2');
  expect(platform.messaging.published.at(-1)).toMatch(new RegExp(`/${uid}/command$`));
  expect(platform.provider.calls.slice(-2)).toEqual([`stop ${uid}`, `remove ${uid}`]);
  expect(platform.messaging.cleared).toEqual([
    expect.stringMatching(new RegExp(`/${uid}/status$`)),
    expect.stringMatching(new RegExp(`/${uid}/artifact$`)),
  ]);
  expect(instance.record).toMatchObject({ state: 'terminated', terminatedAt: platform.now });
  expect(web().windows.observeGauge(uid, 'loadAverage', platform.now, 1, platform.now)).toBe(false);
});

test('without a broker an instance is stopped all the same', async () => {
  const instance = await create();
  instance.connected = true;
  platform.messaging.isConnected = false;
  await platform.parts.instances.stop(web(), instance, null);
  expect(platform.provider.instances.size).toBe(0);
});
