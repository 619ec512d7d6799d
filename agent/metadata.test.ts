import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from '../schema/mqtt/payload.ts';
import { clusterTopic } from '../schema/mqtt/topics.ts';
import type { DesiredRelease } from '../schema/mqtt/desired.ts';
import { withPlatform } from './testing/bed.ts';
import { type Platform, SERVER, START } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

describe('the metadata of an instance', () => {
  let platform: Platform;
  let generation = 0;

  withPlatform((fresh) => (platform = fresh));

  const inState = (state: string) => soon(() => expect(platform.received.status?.state).toBe(state));
  const file = () =>
    JSON.parse(readFileSync(join(platform.directory, 'metadata.json'), 'utf8')) as { version: string; entries: object };

  /** As the control plane does after a change. */
  async function wanted(stable: DesiredRelease, version: string, application: object, component: object) {
    const body = JSON.stringify({ v: 1, version, application, component });
    platform.endpoints.intercept = (request, response) => {
      if (request.url !== '/metadata') return false;
      response.end(body);
      return true;
    };
    generation += 1;
    const metadata = { version, url: `${platform.endpoints.url}/metadata` };
    const document = {
      v: 1 as const,
      uid: platform.cluster,
      epoch: 1,
      generation,
      stable,
      metadata,
      reportIntervalSeconds: 1,
    };
    await platform.broker.publish(clusterTopic(platform.key, 'desired'), encode(document), true);
  }

  test('is there before the first start, changes without a restart, and the hook is told', async () => {
    const told = '#!/bin/sh\ncat "$CARTWRIGHT_METADATA" > "$HOME/$CARTWRIGHT_HOOK"\n';
    platform.startAgent({ hooks: { 'before-start': told, 'metadata-updated': told } });
    const release = await platform.release('r1', { 'server.mjs': SERVER }, { start: START });
    await wanted(release, '1.0', { region: 'zurich', colour: 'red' }, {});
    await inState('active');
    const inHome = (name: string) => readFileSync(join(platform.directory, 'home', name), 'utf8');
    expect(JSON.parse(inHome('before-start'))).toMatchObject({ version: '1.0', entries: { region: 'zurich' } });
    const pid = await platform.get('/pid');
    await wanted(release, '1.1', { region: 'zurich', colour: 'red' }, { colour: 'green' });
    await soon(() => expect(file().entries).toEqual({ region: 'zurich', colour: 'green' }));
    await soon(() => expect(JSON.parse(inHome('metadata-updated'))).toMatchObject({ version: '1.1' }));
    expect(await platform.get('/pid')).toBe(pid);
    const environment = JSON.parse(await platform.get('/environment')) as Record<string, string>;
    expect(environment.CARTWRIGHT_METADATA).toBe(join(platform.directory, 'metadata.json'));
  });

  test('is an empty file where nothing was set, and the application starts where it does not come', async () => {
    platform.startAgent();
    await soon(() => expect(file()).toMatchObject({ version: '0.0', entries: {} }));
    const release = await platform.release('r1', { 'server.mjs': SERVER }, { start: START });
    platform.endpoints.intercept = () => false;
    generation += 1;
    const metadata = { version: '1.0', url: `${platform.endpoints.url}/nowhere` };
    const document = {
      v: 1 as const,
      uid: platform.cluster,
      epoch: 1,
      generation,
      stable: release,
      metadata,
      reportIntervalSeconds: 1,
    };
    const desired = encode(document);
    await platform.broker.publish(clusterTopic(platform.key, 'desired'), desired, true);
    await inState('active');
    expect(file().version).toBe('0.0');
  });
});
