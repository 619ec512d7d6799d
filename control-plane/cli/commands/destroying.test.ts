import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createProgram } from '../program.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { ioOf, run, start } from '../testing/run.ts';
import { pathOf } from './prints-names.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'operator-token' };
});
afterAll(() => controlPlane.close());
beforeEach(() => void controlPlane.useCases.calls.splice(0));

/** Each command that destroys something, with the mutation that it asks for and what it is about. */
const DESTROYING = [
  ['delete', 'delete application shop-1', 'deleteApplication', 'delete the application "shop-1" and stop all its'],
  ['delete', 'delete policy/calm', 'deletePolicy', 'delete the AutoscalingPolicy "calm"'],
  ['policy delete', 'policy delete calm', 'deletePolicy', 'delete the AutoscalingPolicy "calm"'],
  ['tenant delete', 'tenant delete acme', 'deleteTenant', 'delete the tenant "acme"'],
  ['token revoke', `token revoke ${sample.token.uid}`, 'revokeToken', 'revoke the token "ci"'],
  ['cluster remove', 'cluster remove frankfurt', 'removeHostCluster', 'forget the host cluster frankfurt'],
  ['secret revoke', 'secret revoke shop-1/web A 2 --no-wait', 'revokeSecret', 'destroy version 2 of the secret "A"'],
  ['certificate delete', 'certificate delete shop-1 a.example', 'deleteCertificate', 'delete the certificate of a.ex'],
  ['credential delete', 'credential delete forge', 'deleteCredential', 'delete the credential "forge"'],
  ['webhook delete', 'webhook delete shop-1', 'deleteWebhook', 'delete the webhook of shop-1/web'],
  ['notice delete', 'notice delete chat', 'deleteNotice', 'delete the notice "chat"'],
  ['metadata delete', 'metadata delete shop-1 a b', 'setMetadata', 'delete the metadata a, b of shop-1'],
] as const;

test('every command that destroys something is looked at here', async () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const found = all(await createProgram(ioOf(), () => undefined)).filter(({ options }) =>
    options.some(({ long }) => long === '--yes'),
  );
  const elsewhere = ['apply'];
  expect(found.map(pathOf).toSorted()).toEqual([...new Set(DESTROYING.map(([path]) => path)), ...elsewhere].toSorted());
});

test.each(DESTROYING)(
  '"cartwright %s" (%s) does nothing where nobody can be asked',
  async (_path, line, name, deed) => {
    const { code, stdout, stderr } = await run(line.split(' '), { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: there is nobody to ask: add --yes to /);
    expect(stderr).toContain(deed);
    expect(controlPlane.calls(name)).toEqual([]);
    expect((await run([...line.split(' '), '--yes'], { env })).code).toBe(0);
    expect(controlPlane.calls(name)).toHaveLength(1);
  },
);

test.each([
  ['yes\n', 0, 1],
  ['n\n', 1, 0],
])('on a terminal it asks; %j ends it with %d', async (answer, code, calls) => {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  const running = start(['notice', 'delete', 'chat'], { env, input: keyboard as unknown as Readable });
  await eventually('the question', () => running.stderr().includes('delete the notice "chat"? [y/N]'));
  keyboard.write(answer);
  const ended = await running.ended;
  expect(ended.code).toBe(code);
  expect(controlPlane.calls('deleteNotice')).toHaveLength(calls);
  if (code === 1) expect(ended.stderr).toContain('not confirmed; nothing was changed');
});
