import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificatesDocument } from '../../schema/agent/certificates.ts';
import { soon } from '../testing/soon.ts';
import { Certificates } from './certificates.ts';

const KEY = 'a private key';
let folder: string;
let server: Server;
let url: string;
let asked: (string | undefined)[];
let answer: CertificatesDocument | undefined;
let changes: CertificatesDocument[];
let log: string[];
let certificates: Certificates;

const document = (revision: string): CertificatesDocument => ({
  v: 1,
  revision,
  certificates: [{ host: 'shop.example.org', chain: 'a chain', key: KEY, isDefault: false }],
});
const open = () =>
  (certificates = new Certificates({
    path: join(folder, 'certificates.json'),
    token: () => 'token-1',
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields)}`),
    onChange: (held) => changes.push(held),
  }));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  [asked, changes, log, answer] = [[], [], [], document('r1')];
  server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.statusCode = answer === undefined ? 409 : 200;
    response.end(JSON.stringify(answer ?? { error: { code: 'SECRET_KEY_MISSING', message: 'lost' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certificates`;
  open();
});
afterEach(async () => {
  await certificates.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

test('those of a release document are served where none were ever fetched, and by the next run', async () => {
  await certificates.begin(document('r0'));
  expect([changes, certificates.held, asked]).toEqual([[document('r0')], document('r0'), []]);
  await certificates.close();
  expect(open().held).toEqual(document('r0'));
  certificates.offer({ revision: 'r0', url });
  certificates.offer({ revision: 'r1', url });
  await soon(() => expect(certificates.held).toEqual(document('r1')));
  expect(asked).toHaveLength(1);
  await certificates.begin(document('r0'));
  expect(certificates.held).toEqual(document('r1'));
});

test('are fetched with the token once for each revision, and kept for the owner alone', async () => {
  certificates.offer({ revision: 'r1', url });
  certificates.offer({ revision: 'r1', url });
  await soon(() => expect(changes).toEqual([document('r1')]));
  certificates.offer({ revision: 'r1', url });
  answer = document('r2');
  certificates.offer({ revision: 'r2', url });
  await soon(() => expect(changes).toEqual([document('r1'), document('r2')]));
  expect(asked).toEqual(['Bearer token-1', 'Bearer token-1']);
  expect(statSync(join(folder, 'certificates.json')).mode & 0o777).toBe(0o600);
});

test('are there after a restart while nobody answers', async () => {
  certificates.offer({ revision: 'r1', url });
  await soon(() => expect(changes).toHaveLength(1));
  await certificates.close();
  answer = undefined;
  open();
  expect(certificates.held).toEqual(document('r1'));
  certificates.offer({ revision: 'r1', url });
  expect(asked).toHaveLength(1);
});

test('of before stay where the new ones can’t be had, and no key is logged', async () => {
  certificates.offer({ revision: 'r1', url });
  await soon(() => expect(changes).toHaveLength(1));
  answer = undefined;
  certificates.offer({ revision: 'r2', url });
  await soon(() => expect(asked.length).toBeGreaterThan(1));
  expect(certificates.held).toEqual(document('r1'));
  expect(log.join()).not.toContain(KEY);
});

test('end without a question when the application has none any more', async () => {
  certificates.offer({ revision: 'r1', url });
  await soon(() => expect(changes).toHaveLength(1));
  certificates.offer({ revision: 'none', url });
  await soon(() => expect(changes.at(-1)).toMatchObject({ certificates: [] }));
  expect(asked).toHaveLength(1);
  await soon(() => expect(readFileSync(join(folder, 'certificates.json'), 'utf8')).not.toContain(KEY));
});
