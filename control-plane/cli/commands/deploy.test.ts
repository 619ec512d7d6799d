import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ArtifactError } from '../../app/errors.ts';
import { parseManifests } from '../../../schema/manifests/parse.ts';
import * as sample from '../../graphql/testing/records.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { BUILD, DIGEST, Site } from '../testing/site.ts';

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

test('a folder becomes a running application, and its URL is all that stands on stdout', async () => {
  await site.write({
    'package.json': '{}',
    'server.js': '',
    '.gitignore': 'secret\n',
    secret: 'x',
    'node_modules/a.js': '',
  });
  site.balancers = 0;
  const running = site.start('deploy', 'site');
  await site.build('npm install', 'added 3 packages');
  await site.show(null, { state: 'created' });
  await site.show({ state: 'running' }, { state: 'starting' });
  await site.show({ state: 'succeeded' }, { state: 'active' });
  site.balancers = 1;
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'http://127.0.0.1:8080/\n' });
  const said = stderr.split('\n');
  expect(said[0]).toMatch(/^uploaded 3 files, \d+ B packed$/);
  expect(said[1]).toMatch(/^new application site: web on the cartridge nodejs \(3 files, 9 B\)$/);
  expect(said.slice(2)).toEqual([
    `build ${BUILD.uid}`,
    '  npm install',
    '  added 3 packages',
    'instance 000001 created',
    'roll-out of release 2 running',
    'instance 000001 starting',
    'roll-out of release 2 succeeded',
    'instance 000001 active',
    'site/web runs release 2',
    '',
  ]);
  expect(site.controlPlane.calls('deploy')).toMatchObject([
    [{ application: 'site', alias: 'web', uploadDigest: DIGEST, manifests: { expectedGeneration: 0 } }],
  ]);
  expect(await site.uploadedFiles()).toEqual(['.gitignore', 'package.json', 'server.js']);
  expect(parseManifests(JSON.stringify(site.manifest), 'made')).toMatchObject({ ok: true });
});

test('a cartridge whose runtime the machine lacks is refused with one sentence, before the tree is sent', async () => {
  await site.write({ 'package.json': '{}' });
  const why = 'the cartridge nodejs cannot be used on this machine, which lacks node (runs it): install node';
  site.unusable.set('nodejs', why);
  expect(await site.run('deploy', 'site')).toMatchObject({ code: 1, stdout: '', stderr: `error: ${why}\n` });
  expect(site.uploaded).toBeUndefined();
  expect(site.controlPlane.calls('deploy')).toEqual([]);
});

test('as JSON, all of it is one object', async () => {
  await site.write({ 'index.html': '' });
  const running = site.start('deploy', 'site', '-o', 'json');
  await site.build();
  await site.show({ state: 'succeeded' }, { state: 'active' });
  const { code, stdout } = await running.ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    application: 'site',
    alias: 'web',
    url: 'http://127.0.0.1:8080/',
    build: { uid: BUILD.uid, state: 'SUCCEEDED' },
    rollout: { state: 'SUCCEEDED', toRelease: { number: 2 } },
  });
});

test('--no-wait returns as soon as the build is queued', async () => {
  await site.write({ 'index.html': '' });
  const { code, stdout } = await site.run('deploy', 'site', '--no-wait', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ build: { state: 'QUEUED' }, rollout: null, url: null });
});

test('a build that fails: its log, the reason, exit 1, and nothing of the log of what runs', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site');
  const error = { code: 'BUILD_FAILED', message: 'the build hook ended with 1' };
  await site.followBuild(
    { build: BUILD, lines: ['npm ERR!'] },
    { build: { ...BUILD, state: 'failed', error }, lines: [] },
  );
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('  npm ERR!\n');
  expect(stderr).toMatch(/error: the build failed \(BUILD_FAILED\): the build hook ended with 1\n$/);
  expect(site.controlPlane.calls('searchLogs')).toEqual([]);
});

test('an application that does not start: the fault, its last 20 lines, exit 1', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site');
  await site.build();
  const reason = { code: 'listens-elsewhere', message: 'listens on 127.0.0.1:3000; expected 0.0.0.0:41007 ($PORT)' };
  await site.show({ state: 'running', from: null }, { state: 'starting' });
  await site.show({ state: 'returned', from: null, reason }, { state: 'faulty', reason });
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`instance 000001 faulty (listens-elsewhere: ${reason.message})`);
  expect(stderr).toContain('last lines of the application:\n  web/000001 line 1\n');
  expect(stderr).toMatch(/error: release 2 does not run: listens-elsewhere: listens on 127\.0\.0\.1:3000; .*\n$/);
  expect(site.controlPlane.calls('searchLogs')).toMatchObject([
    [{ application: 'site' }, { filter: { alias: 'web' }, limit: 20 }],
  ]);
});

test('a release that is taken back names the one that runs', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site');
  await site.build();
  await site.show({ state: 'returned', reason: { code: 'crash-loop', message: 'ended 3 times' } }, { state: 'active' });
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: release 2 was taken back, release 1 runs: crash-loop: ended 3 times\n$/);
});

test('a service cluster that is stopped is not waited for: how it is started is said', async () => {
  await site.write({ 'package.json': '{}' });
  site.stopped = { reason: 'maintenance', by: 'ann', since: sample.AT, instances: 2 };
  const running = site.start('deploy', 'site');
  await site.build();
  await site.show(null);
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /\nerror: site\/web was stopped by ann \(maintenance\): the release is rolled out once it is started, by "cartwright start site\/web"\n$/,
  );
  expect(stderr).not.toContain('last lines');
});

test('when the time is over: exit 124, and where to look', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site', '--timeout', '0.05s');
  const { code, stderr } = await running.ended;
  expect(code).toBe(124);
  expect(stderr).toMatch(/error: not done after 0\.05s; it goes on: see "cartwright describe cluster site\/web"/);
});

test('an interruption says that it goes on', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site');
  await site.build();
  await site.show({ state: 'running' }, { state: 'starting' });
  running.interrupt();
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain('not waiting any longer; it goes on');
});

test('a control plane that is started again meanwhile is followed on, no line twice', async () => {
  await site.write({ 'package.json': '{}' });
  const running = site.start('deploy', 'site');
  await site.followBuild({ build: BUILD, lines: ['one', 'two'] });
  await eventually('the lines', () => running.stderr().includes('two'));
  await site.restartControlPlane();
  await site.followBuild({ build: { ...BUILD, state: 'succeeded' }, lines: ['one', 'two', 'three'] });
  await site.show({ state: 'succeeded' }, { state: 'active' });
  const { code, stderr } = await running.ended;
  expect(code).toBe(0);
  expect(stderr.match(/^ {2}(one|two|three)$/gm)).toEqual(['  one', '  two', '  three']);
});

test('an upload that is refused is told in the words of the control plane', async () => {
  await site.write({ 'index.html': 'x'.repeat(2_000_000) });
  site.controlPlane.useCases.mutations.uploadSource = () =>
    Promise.reject(new ArtifactError('ARTIFACT_TOO_LARGE', 'the archive is larger than 1 MiB; leave files out'));
  const { code, stderr } = await site.run('deploy', 'site');
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: the archive is larger than 1 MiB; leave files out\n$/);
  expect(site.controlPlane.calls('deploy')).toEqual([]);
});
