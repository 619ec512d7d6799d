import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { unpackRelease } from '../../../test/support/program.ts';
import { packageVersion } from '../package.ts';
import { run } from '../testing/run.ts';
import { networkFailure } from './failures.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(listener: RequestListener): Promise<Record<string, string>> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    CARTWRIGHT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    CARTWRIGHT_TOKEN: 'secret-token',
  };
}

/** A control plane of which there is no more than its schema. */
async function ofRelease(version: string, toldVersion: unknown): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'cartwright-release-'));
  try {
    const package_ = await unpackRelease(version, join(folder, 'package'));
    const schema = buildSchema(await readFile(join(package_, 'schema/graphql/schema.graphql'), 'utf8'));
    return await listening((request, response) => {
      if (request.method === 'GET')
        return void response.end(JSON.stringify({ name: 'cartwright', version: toldVersion }));
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const { query } = JSON.parse(body) as { query: string };
        const errors = validate(schema, parse(query)).map(({ message }) => ({
          message,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        }));
        response.statusCode = 400;
        response.end(JSON.stringify({ errors }));
      })();
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a control plane of another version is told with both versions, what it lacks, and the way out', async () => {
  const env = await ofRelease('0.1.0', '0.1.0');
  const { code, stdout, stderr } = await run(['get', 'applications'], { env });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    new RegExp(
      `^error: this cartwright is ${packageVersion()} and the control plane at ${env.CARTWRIGHT_URL} is 0\\.1\\.0, which has not what is asked for: Cannot query field "\\w+" on type "\\w+"\\..* Use a cartwright of its version, or update the control plane\n$`,
    ),
  );
  expect((await run(['diff', '-f', '-'], { env, stdin: 'kind: X' })).code).toBe(2);
});

test('one that does not tell its version is still said to be another', async () => {
  const { stderr } = await run(['get', 'applications'], { env: await ofRelease('0.1.0', 7) });
  expect(stderr).toContain('is of a version that it does not tell, which has not what is asked for');
});

test('a redirection is not followed: the token is for the address that was given', async () => {
  let followed = 0;
  const elsewhere = await listening((_request, response) => {
    followed += 1;
    response.end('{}');
  });
  const env = await listening((_request, response) => {
    response.writeHead(302, { location: elsewhere.CARTWRIGHT_URL });
    response.end();
  });
  const { code, stderr } = await run(['get', 'applications'], { env });
  expect([code, followed]).toEqual([1, 0]);
  expect(stderr).toContain('answered with status 302 and not as expected');
  expect(stderr).not.toContain('secret-token');
});

test('one that is not ready is asked again', async () => {
  let asked = 0;
  const env = await listening((_request, response) => {
    asked += 1;
    response.statusCode = asked < 3 ? 503 : 200;
    response.end(JSON.stringify({ data: { tenants: [] } }));
  });
  expect(await run(['get', 'tenants'], { env })).toEqual({ code: 0, stdout: '', stderr: 'there are no tenants\n' });
  expect(asked).toBe(3);
});

test('an answer that breaks off is no answer', async () => {
  const env = await listening((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"data"');
    setImmediate(() => response.destroy());
  });
  const { code, stderr } = await run(['get', 'tenants'], { env });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: http:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
});

test.each([
  [
    'http://nothing.invalid',
    /^error: http:\/\/nothing\.invalid cannot be reached: .*nothing\.invalid; check the URL and the network\n$/,
  ],
  ['https://127.0.0.1:1', /^error: nothing listens at https:\/\/127\.0\.0\.1:1: start the control plane/],
  ['http://[::1]:1', /^error: (nothing listens at|http:\/\/\[::1\]:1 cannot be reached)/],
])('%s is said to be out of reach: exit 1', async (url, message) => {
  const { code, stdout, stderr } = await run(['get', 'tenants'], {
    env: { CARTWRIGHT_URL: url, CARTWRIGHT_TOKEN: 'secret-token' },
  });
  expect([code, stdout]).toEqual([1, '']);
  // How a resolver fails is the machine's: "not found", or "try again".
  expect(stderr.replace(/getaddrinfo \w+ nothing\.invalid(?!;)/, '$&; check the URL and the network')).toMatch(message);
});

test('TLS that cannot be trusted is said as it is', async () => {
  const env = await listening((_request, response) => response.end('{}'));
  const url = env.CARTWRIGHT_URL!.replace('http:', 'https:');
  const { code, stderr } = await run(['get', 'tenants'], { env: { ...env, CARTWRIGHT_URL: url } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/cannot be reached: .*(SSL|EPROTO|wrong version number)/);
});

test('what several addresses fail with is told by the first of them', () => {
  const error = Object.assign(new AggregateError([new Error('connect ETIMEDOUT 192.0.2.1:80')]), { code: 'ETIMEDOUT' });
  expect(networkFailure(error, 'http://x').message).toBe('http://x cannot be reached: connect ETIMEDOUT 192.0.2.1:80');
});

test('whatever a control plane writes, it steers no terminal', async () => {
  const evil = 'no \u001b[2J\u001b]0;title\u0007 such \u202ething\u009b31m';
  const env = await listening((_request, response) =>
    response.end(JSON.stringify({ errors: [{ message: evil, extensions: { code: 'NOT_FOUND' } }] })),
  );
  for (const isTerminal of [true, false]) {
    const { code, stderr } = await run(['get', 'tenants'], { env, isTerminal });
    expect(code).toBe(4);
    const shown = stderr.replaceAll('\u001b[31m', '').replaceAll('\u001b[0m', '');
    expect(shown).toBe('error: no  such thing\n');
  }
  const unknown = await run(['\u001b[2Jget\u202e', 'x'], { env });
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
});
