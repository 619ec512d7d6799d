import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Bed } from './testing/bed.ts';
import { ask } from './testing/client.ts';

const MEBIBYTE = 1024 * 1024;

function* repeated(block: Buffer, times: number): Generator<Buffer> {
  for (let index = 0; index < times; index++) yield block;
}

describe('bodies', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start({ LB_BODY_BYTES: String(64 * MEBIBYTE) })));
  afterEach(() => bed.close());

  test('of any size go through in both directions, byte for byte', async () => {
    const backend = await bed.backend((request, response) => void pipeline(request, response));
    await bed.apply([{ instance: 'echo', port: backend.port }]);
    const block = randomBytes(MEBIBYTE);
    const sent = createHash('sha256');
    for (const part of repeated(block, 24)) sent.update(part);
    const got = createHash('sha256');
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest({ port: bed.port, method: 'POST', agent: false }, (response) => {
        response.on('data', (chunk: Buffer) => got.update(chunk)).on('end', resolve);
      });
      Readable.from(repeated(block, 24)).pipe(request).on('error', reject);
    });
    expect(got.digest('hex')).toBe(sent.digest('hex'));
    expect(await bed.settled(1)).toMatchObject({ bytesIn: 24 * MEBIBYTE, bytesOut: 24 * MEBIBYTE });
  });

  test('wait for a client who does not read: the instance is held back', async () => {
    let written = 0;
    const block = Buffer.alloc(64 * 1024);
    const backend = await bed.backend((_request, response) => {
      const source = Readable.from(
        (function* () {
          for (; written < 64 * MEBIBYTE; written += block.length) yield block;
        })(),
      );
      source.pipe(response);
    });
    await bed.apply([{ instance: 'big', port: backend.port }]);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port: bed.port, agent: false }, resolve).end(),
    );
    let before = -1;
    await eventually('the instance to be held back', async () => {
      const still = written === before;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(written).toBeLessThan(32 * MEBIBYTE);
    response.resume();
    await eventually('all of it', () => response.complete, 20_000);
    expect((await bed.settled(1)).bytesOut).toBe(64 * MEBIBYTE);
  });

  test('wait for an instance that does not read: the client is held back', async () => {
    let received: IncomingMessage | undefined;
    const backend = await bed.backend((request, response) => {
      received = request.pause();
      request.on('end', () => response.end());
    });
    await bed.apply([{ instance: 'slow', port: backend.port }]);
    let sent = 0;
    const block = Buffer.alloc(64 * 1024);
    const request = httpRequest({ port: bed.port, method: 'PUT', agent: false });
    const answered = new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
    Readable.from(
      (function* () {
        for (; sent < 64 * MEBIBYTE; sent += block.length) yield block;
      })(),
    ).pipe(request);
    let before = -1;
    await eventually('the client to be held back', async () => {
      const still = sent === before && sent > 0;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(sent).toBeLessThan(32 * MEBIBYTE);
    received?.resume();
    const response = await answered;
    response.resume();
    expect((await bed.settled(1)).bytesIn).toBe(64 * MEBIBYTE);
  });

  test('that are larger than allowed are 413, whether they say so or not', async () => {
    const backend = await bed.backend((request, response) => {
      request.resume();
      request.on('end', () => response.end());
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const declared = ask(bed.port, { method: 'POST', headers: { 'content-length': String(64 * MEBIBYTE + 1) } });
    expect(await declared).toMatchObject({ status: 413 });
    const block = Buffer.alloc(MEBIBYTE);
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest({ port: bed.port, method: 'POST', agent: false }, (response) => {
        resolve(response.statusCode);
        response.resume();
      });
      request.on('error', reject);
      Readable.from(repeated(block, 66)).pipe(request);
    });
    expect(status).toBe(413);
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1, failures: 0 });
  });

  test('are not waited for when the instance answers before it has read them, and the connection stays useful', async () => {
    const backend = await bed.backend((_request, response) => response.writeHead(401).end('no'));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const body = 'x'.repeat(4 * MEBIBYTE);
    for (let index = 0; index < 3; index++)
      expect(await ask(bed.port, { method: 'POST', body })).toMatchObject({ status: 401, body: 'no' });
    expect(await bed.settled(3)).toMatchObject({ completions: [0, 0, 0, 3, 0], failures: 0 });
  });

  test('that come bit by bit are passed on bit by bit, their head first', async () => {
    let push: ((text: string) => void) | undefined;
    const backend = await bed.backend((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      push = (text) => (text === '' ? response.end() : response.write(text));
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port: bed.port, agent: false }, resolve).end(),
    );
    expect(response.headers['content-type']).toBe('text/event-stream');
    let got = '';
    response.on('data', (chunk: Buffer) => (got += chunk.toString()));
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      push?.(text);
      await eventually(text, () => got.endsWith(text));
    }
    push?.('');
    await eventually('the end', () => response.complete);
  });

  test('keep their trailers', async () => {
    const backend = await bed.backend((_request, response) => {
      response.writeHead(200, { trailer: 'x-checksum' });
      response.write('body');
      response.addTrailers({ 'x-checksum': '42' });
      response.end();
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port: bed.port, agent: false }, resolve).end(),
    );
    response.resume();
    await eventually('the end', () => response.complete);
    expect(response.trailers).toEqual({ 'x-checksum': '42' });
  });

  test.each(['HEAD', 'OPTIONS', 'DELETE'])('are absent where %s has none', async (method) => {
    const backend = await bed.backend((_request, response) => response.writeHead(204, { 'x-seen': 'yes' }).end());
    await bed.apply([{ instance: 'a', port: backend.port }]);
    for (let index = 0; index < 3; index++)
      expect(await ask(bed.port, { method })).toMatchObject({ status: 204, headers: { 'x-seen': 'yes' }, body: '' });
  });
});

describe('a client that goes away', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start()));
  afterEach(() => bed.close());

  test.each([
    ['while it waits for an answer', false],
    ['in the middle of one', true],
  ])('%s takes its request at the instance with it', async (_when, begun) => {
    let aborted = false;
    const backend = await bed.backend((_request, response) => {
      response.on('close', () => (aborted = true));
      if (begun) response.write('the first part');
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const request = httpRequest({ port: bed.port, agent: false });
    const problems: unknown[] = [];
    request.on('error', (error) => problems.push(error));
    let got = false;
    request.on('response', (response) => {
      response.on('data', () => (got = true));
      response.on('error', (error) => problems.push(error));
    });
    request.end();
    await eventually('the request to be there', () => backend.requests === 1 && (got || !begun));
    request.destroy();
    await eventually('the instance to see it', () => aborted);
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1, failures: 0 });
    expect(bed.balancer.report().web?.instances.a).toMatchObject({ inFlight: 0, failures: 0 });
  });

  test('by not reading any more is cut off after a while', async () => {
    await bed.close();
    bed = await Bed.start({ LB_IDLE_SECONDS: '0.3' });
    const block = Buffer.alloc(64 * 1024);
    const backend = await bed.backend((_request, response) => Readable.from(repeated(block, 1024)).pipe(response));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ port: bed.port, agent: false }, resolve).end(),
    );
    const problems: unknown[] = [];
    response.on('error', (error) => problems.push(error));
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1, failures: 0 });
    response.resume();
    await eventually('the client to see it', () => problems.length > 0);
  });

  test('in the middle of its upload takes its request at the instance with it', async () => {
    let aborted = false;
    const backend = await bed.backend((request) => {
      request.resume();
      request.on('error', () => (aborted = true));
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const request = httpRequest({ port: bed.port, method: 'POST', agent: false, headers: { 'content-length': '999' } });
    const problems: unknown[] = [];
    request.on('error', (error) => problems.push(error));
    request.write('a part of it');
    await eventually('the request to be there', () => backend.requests === 1);
    request.destroy();
    await eventually('the instance to see it', () => aborted);
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1, failures: 0 });
  });
});
