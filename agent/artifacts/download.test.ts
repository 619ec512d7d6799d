import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactSlot } from '../../schema/mqtt/desired.ts';
import { TOKEN } from '../testing/broker.ts';
import { Platform } from '../testing/platform.ts';
import { soon } from '../testing/soon.ts';
import { fetchConfiguration } from './configuration.ts';
import { downloadArchive } from './download.ts';

describe('fetching', () => {
  let platform: Platform;
  let slot: ArtifactSlot;
  let path: string;
  const body = Buffer.alloc(200_000, 'abcdefg');
  const controller = new AbortController();
  const options = { token: () => TOKEN, signal: controller.signal, rounds: 2 };

  beforeEach(async () => {
    platform = new Platform();
    await platform.start();
    path = join(platform.directory, 'archive');
    slot = platform.releaseOf('r1', body).artifacts[0]!;
  });
  afterEach(() => platform.stop());
  const ranges = () => platform.endpoints.requests.map(({ range }) => range);

  test('carries on where it broke off', async () => {
    let isFirst = true;
    platform.endpoints.intercept = (_, response) => {
      if (!isFirst) return false;
      isFirst = false;
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 70_000));
      const arrived = soon(() => expect(statSync(path).size).toBe(70_000));
      void arrived.finally(() => response.destroy());
      return true;
    };
    await downloadArchive(slot, path, options);
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(ranges()).toEqual([undefined, 'bytes=70000-']);
  });

  test('begins anew when what an earlier run left was something else', async () => {
    writeFileSync(path, Buffer.alloc(1000, 'z'));
    await downloadArchive(slot, path, options);
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(ranges()).toEqual(['bytes=1000-', undefined]);
  });

  test('begins anew when the server does not know ranges', async () => {
    writeFileSync(path, body.subarray(0, 1000));
    platform.endpoints.intercept = (_, response) => {
      response.end(body);
      return true;
    };
    await downloadArchive(slot, path, options);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  test('what is complete already is verified and not fetched again', async () => {
    writeFileSync(path, body);
    await downloadArchive(slot, path, options);
    expect(ranges()).toEqual([]);
  });

  test('the next address is tried when one refuses', async () => {
    const urls = [`${platform.endpoints.url}/archives/none`, ...slot.urls];
    await downloadArchive({ ...slot, urls }, path, options);
    expect(platform.endpoints.requests.map(({ url }) => url)).toEqual(['/archives/none', `/archives/${slot.digest}`]);
  });

  test('a wrong digest is said and not kept', async () => {
    platform.endpoints.archives.set(slot.digest, Buffer.alloc(body.length, 1));
    const wrong = createHash('sha256').update(Buffer.alloc(body.length, 1)).digest('hex');
    await expect(downloadArchive(slot, path, options)).rejects.toMatchObject({
      code: 'artifact-digest-mismatch',
      message: expect.stringContaining(`answered with sha256-${wrong}; expected ${slot.digest}`),
    });
    expect(existsSync(path)).toBe(false);
  });

  test('an endless answer is cut off', async () => {
    platform.endpoints.intercept = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) continue;
      };
      response.on('drain', more);
      more();
      return true;
    };
    await expect(downloadArchive(slot, path, options)).rejects.toMatchObject({
      code: 'artifact-digest-mismatch',
      message: expect.stringContaining('longer than the 200000 bytes'),
    });
  });

  test('a disk that takes nothing is said as such', async () => {
    symlinkSync('/dev/full', path);
    await expect(downloadArchive(slot, path, options)).rejects.toMatchObject({
      code: 'artifact-disk-full',
      message: expect.stringContaining('Free space on the machine'),
    });
  });

  test('a redirect is refused: the token is for nobody else', async () => {
    platform.endpoints.intercept = (_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      return true;
    };
    await expect(downloadArchive(slot, path, options)).rejects.toMatchObject({
      code: 'artifact-fetch-failed',
      message: expect.stringContaining('answered 302'),
    });
  });

  test('breaking off ends it at once', async () => {
    const stop = new AbortController();
    platform.endpoints.intercept = (_, response) => {
      response.write('x', () => stop.abort());
      return true;
    };
    await expect(downloadArchive(slot, path, { ...options, signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('a configuration is checked by digest, form and release, and its values are in no error', async () => {
    const good = platform.releaseOf('r1', body, { environment: { A: 'secret-value' } });
    expect(JSON.parse((await fetchConfiguration(good, options)).toString())).toMatchObject({
      environment: { A: 'secret-value' },
    });
    const failing = async (text: string, release = good.release) => {
      platform.endpoints.configurations.set('r1', text);
      const configurationDigest = createHash('sha256').update(text).digest('hex');
      const failure = await fetchConfiguration({ ...good, release, configurationDigest }, options).catch(
        (error: Error) => error,
      );
      expect(failure).toMatchObject({ code: 'configuration-invalid' });
      expect((failure as Error).message).not.toContain('secret-value');
      return (failure as Error).message;
    };
    expect(await failing('{"secret-value')).toContain('is not JSON');
    expect(await failing('{"v":1,"release":"r1","environment":{"A-B":"secret-value"}}')).toContain('environment.A-B');
    expect(await failing('{"v":1,"release":"r1","environment":{}}', 'r2')).toContain('is that of release r1');
    await expect(fetchConfiguration({ ...good, configurationDigest: '0'.repeat(64) }, options)).rejects.toMatchObject({
      code: 'configuration-invalid',
    });
    await expect(
      fetchConfiguration({ ...good, configurationUrl: `${platform.endpoints.url}/no` }, options),
    ).rejects.toMatchObject({
      code: 'configuration-fetch-failed',
    });
  });
});
