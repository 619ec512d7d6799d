/** Against real servers, none of them Kubernetes: what goes wrong on the way to an API server goes wrong here the same. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VersionApi, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { issue } from '../../../../test/support/certificate.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import type { HostClusterError } from '../../../app/errors.ts';
import { IN_CLUSTER, type HostClusterCredential } from '../../../app/host-clusters/credential.ts';
import { connect, type Connection, type ConnectOptions } from './connection.ts';
import { explain } from './explain.ts';

const authority = issue('authority', { isAuthority: true });
const own = issue('127.0.0.1', { by: authority });
const client = issue('cartwright', { by: authority });
const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '',
  goVersion: '',
  compiler: '',
  platform: '',
};
const answerVersion: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(VERSION));

let servers: Server[];
let connections: Connection[];
let folder: string;
let sockets: Socket[];
beforeEach(() => {
  [servers, connections, sockets] = [[], [], []];
  folder = mkdtempSync(join(tmpdir(), 'cartwright-connect-'));
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}
const https = (listener: RequestListener = answerVersion, options: ServerOptions = {}): Promise<number> =>
  listen(createHttps({ key: own.key, cert: own.cert, ...options }, listener));

function open(port: number, changes: Partial<HostClusterCredential> = {}, options: ConnectOptions = {}): Connection {
  const credential: HostClusterCredential = {
    server: `https://127.0.0.1:${port}`,
    context: 'main',
    ca: authority.cert,
    tlsServerName: null,
    isInsecure: false,
    proxyUrl: null,
    user: { kind: 'token', token: 'sesame' },
    ...changes,
  };
  const connection = connect(credential, options);
  connections.push(connection);
  return connection;
}
const version = ({ config }: Connection) => config.makeApiClient(VersionApi).getCode();
async function failure(connection: Connection): Promise<HostClusterError> {
  try {
    await version(connection);
  } catch (error) {
    return explain(error, 'https://here');
  }
  throw new Error('it was answered');
}

test('many requests go over few sockets, each with the token', async () => {
  const seen = new Set<string | undefined>();
  const port = await https((request, response) => {
    seen.add(request.headers.authorization);
    answerVersion(request, response);
  });
  const connection = open(port);
  for (let index = 0; index < 10; index++) expect((await version(connection)).gitVersion).toBe('v1.34.4');
  expect([...seen]).toEqual(['Bearer sesame']);
  expect(sockets.length).toBeLessThan(4);
});

test('a client certificate is shown to the server', async () => {
  const port = await https(answerVersion, { ca: authority.cert, requestCert: true, rejectUnauthorized: true });
  const user = { kind: 'certificate', chain: client.cert, key: client.key } as const;
  expect((await version(open(port, { user }))).gitVersion).toBe('v1.34.4');
  expect((await failure(open(port))).code).toMatch(/UNAUTHORIZED|UNREACHABLE/);
});

test('the server’s certificate may be for a name that is said', async () => {
  const named = issue('api.example.org', { by: authority });
  const port = await https(answerVersion, { key: named.key, cert: named.cert });
  expect((await failure(open(port))).message).toContain('for another name');
  await version(open(port, { tlsServerName: 'api.example.org' }));
  await version(open(port, { isInsecure: true, ca: null }));
});

test('a server without TLS is spoken to where that is allowed', async () => {
  const port = await listen(createHttp(answerVersion));
  await version(open(port, { server: `http://127.0.0.1:${port}`, ca: null, isInsecure: true }));
});

test('a watch ends as the connection is closed, and nothing is sent any more', async () => {
  const port = await https(
    (_request, response) => void response.write(`${JSON.stringify({ type: 'ADDED', object: { kind: 'Pod' } })}\n`),
  );
  const connection = open(port, {}, { requestTimeoutMilliseconds: 200 });
  const seen: string[] = [];
  let ended: unknown;
  await new Watch(connection.config).watch(
    '/api/v1/pods',
    {},
    (phase: string) => seen.push(phase),
    (error: unknown) => (ended = error ?? true),
  );
  await eventually('the first event', () => seen.length > 0);
  await connection.close();
  await eventually('the end of the watch', () => ended !== undefined);
  await expect(version(connection)).rejects.toThrow('is closed');
  await connection.close();
});

describe('what goes wrong is said:', () => {
  test('nothing listens', async () => {
    const server = createTcp();
    const port = await listen(server);
    await new Promise((done) => server.close(done));
    servers.pop();
    expect(await failure(open(port))).toMatchObject({
      code: 'HOST_CLUSTER_UNREACHABLE',
      message: 'https://here: nothing listens there (connection refused)',
    });
  });

  test('a name that is none', async () => {
    expect((await failure(open(1, { server: 'https://nowhere.invalid:6443' }))).code).toBe('HOST_CLUSTER_UNREACHABLE');
  });

  test('a host that takes the connection and says nothing', async () => {
    const port = await listen(createTcp());
    const before = performance.now();
    expect((await failure(open(port, {}, { connectTimeoutMilliseconds: 100 }))).code).toBe('HOST_CLUSTER_TIMEOUT');
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test.each<[string, RequestListener]>([
    ['no answer', () => undefined],
    ['half an answer', (_request, response) => void response.write('{')],
  ])('a server that speaks TLS and gives %s', async (_name, listener) => {
    const port = await https(listener);
    expect((await failure(open(port, {}, { requestTimeoutMilliseconds: 200 }))).code).toBe('HOST_CLUSTER_TIMEOUT');
  });

  test('an authority that is another’s', async () => {
    const { code, message } = await failure(open(await https(), { ca: issue('other', { isAuthority: true }).cert }));
    expect([code, message.includes('certificate-authority-data')]).toEqual(['HOST_CLUSTER_TLS', true]);
    expect((await failure(open(await https(), { ca: null }))).code).toBe('HOST_CLUSTER_TLS');
  });

  test('a server’s certificate that has expired', async () => {
    const old = issue('127.0.0.1', { by: authority, until: new Date('2024-01-01') });
    const { code, message } = await failure(open(await https(answerVersion, { key: old.key, cert: old.cert })));
    expect([code, message]).toEqual(['HOST_CLUSTER_TLS', 'https://here: the server’s certificate has expired']);
  });

  test('an HTTP server where HTTPS is expected', async () => {
    expect((await failure(open(await listen(createHttp(answerVersion))))).code).toBe('HOST_CLUSTER_NOT_KUBERNETES');
  });

  test('something that speaks neither', async () => {
    const port = await listen(createTcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect((await failure(open(port))).code).toBe('HOST_CLUSTER_NOT_KUBERNETES');
  });

  test.each<[number, string, string]>([
    [404, '<html>404 Not Found</html>', 'NOT_KUBERNETES'],
    [401, JSON.stringify({ kind: 'Status', message: 'Unauthorized' }), 'UNAUTHORIZED'],
    [403, JSON.stringify({ kind: 'Status', message: 'nodes is forbidden: User "x" cannot list' }), 'FORBIDDEN'],
    [429, JSON.stringify({ kind: 'Status', message: 'too many' }), 'BUSY'],
    [500, JSON.stringify({ kind: 'Status', message: 'etcdserver: no leader' }), 'FAILED'],
  ])('an answer %d %s', async (status, body, code) => {
    const port = await https((_request, response) =>
      response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' }).end(body),
    );
    const error = await failure(open(port));
    expect(error.code).toBe(`HOST_CLUSTER_${code}`);
    if (code === 'FORBIDDEN') expect(error.message).toContain('cannot list');
  });

  test('no pod around the control plane', () => {
    expect(() => connect(IN_CLUSTER)).toThrow(expect.objectContaining({ code: 'HOST_CLUSTER_NOT_IN_CLUSTER' }));
  });
});

describe('a program that gives the credential', () => {
  function program(script: string): HostClusterCredential['user'] {
    const command = join(folder, 'give');
    writeFileSync(command, `#!/bin/sh\n${script}\n`);
    chmodSync(command, 0o755);
    return {
      kind: 'command',
      command,
      arguments: ['one'],
      environment: { WHO: 'me' },
      apiVersion: 'client.authentication.k8s.io/v1',
    };
  }
  const given = (status: object): string =>
    JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status });

  test('is called once for requests until the credential’s end, and again after it', async () => {
    const seen = new Set<string | undefined>();
    const port = await https((request, response) => {
      seen.add(request.headers.authorization);
      answerVersion(request, response);
    });
    const log = join(folder, 'calls');
    const connection = open(port, {
      user: program(`echo "$1 $WHO $KUBERNETES_EXEC_INFO" >> ${log}; echo '${given({ token: 'fresh' })}'`),
    });
    await Promise.all([version(connection), version(connection)]);
    await version(connection);
    expect(readFileSync(log, 'utf8')).toBe(
      'one me {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}\n',
    );
    expect([...seen]).toEqual(['Bearer fresh']);
    const brief = open(port, {
      user: program(
        `echo again >> ${log}; echo '${given({ token: 'brief', expirationTimestamp: new Date().toISOString() })}'`,
      ),
    });
    await version(brief);
    await version(brief);
    expect(readFileSync(log, 'utf8').match(/again/g)).toHaveLength(2);
  });

  test('may give a client certificate', async () => {
    const port = await https(answerVersion, { ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const status = given({ clientCertificateData: client.cert, clientKeyData: client.key });
    await version(open(port, { user: program(`cat <<'EOT'\n${status}\nEOT`) }));
  });

  test.each([
    ['fails', 'echo hunter2; exit 3', 'the exit code 3'],
    ['prints something else', 'echo hunter2', 'no ExecCredential'],
    ['gives nothing', `echo '${given({})}'`, 'neither a token nor a certificate'],
    ['prints without end', 'exec yes hunter2', 'more than'],
  ])('that %s is named, without what it printed', async (_name, script, expected) => {
    const { code, message } = await failure(open(await https(), { user: program(script) }));
    expect(code).toBe('HOST_CLUSTER_CREDENTIAL_COMMAND');
    expect(message).toContain(expected);
    expect(message).not.toContain('hunter2');
  });

  test('that is not there is named', async () => {
    const user = { ...program(''), command: join(folder, 'gone') } as HostClusterCredential['user'];
    expect((await failure(open(await https(), { user }))).message).toContain('ENOENT');
  });

  test('that hangs holds a request no longer than its limit, and ends with the connection', async () => {
    const log = join(folder, 'pid');
    const connection = open(
      await https(),
      { user: program(`echo $$ > ${log}; sleep 600`) },
      { requestTimeoutMilliseconds: 300 },
    );
    expect((await failure(connection)).code).toBe('HOST_CLUSTER_TIMEOUT');
    const pid = Number(await eventually('its number', () => readFileSync(log, 'utf8').trim() || false));
    await connection.close();
    await eventually('its end', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });
});
