import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { RequestError, SourceError } from '../../app/errors.ts';
import { DIGEST, Site } from '../testing/site.ts';

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

test('an application that exists keeps its manifest', async () => {
  await site.write({ 'package.json': '{}' });
  site.manifest = parse(
    '{kind: Application, metadata: {name: site}, spec: {components: [{kind: cartridge, alias: front, cartridge: nodejs}]}}',
  );
  const { code } = await site.run('deploy', 'site', '--no-wait');
  expect(code).toBe(0);
  expect(site.controlPlane.calls('apply')).toEqual([]);
  expect(site.controlPlane.calls('deploy')).toMatchObject([[{ application: 'site', alias: 'front' }]]);
  const other = await site.run('deploy', 'site', '--no-wait', '--cartridge', 'static');
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('site/front runs on nodejs') });
});

const MANIFEST = `kind: Application
metadata: { name: site }
spec:
  components:
    - { kind: cartridge, alias: web, cartridge: nodejs }
    - { kind: cartridge, alias: api, cartridge: nodejs, source: { git: { url: 'https://git.example/api.git', tag: v1 } } }
`;

test('a cartwright.yaml is checked before anything is uploaded, and applied as it is with the deployment', async () => {
  await site.write({ 'cartwright.yaml': MANIFEST, 'package.json': '{}' });
  const { code, stderr } = await site.run('deploy', 'site', '--alias', 'web', '--no-wait');
  expect(code).toBe(0);
  expect(stderr).toContain('Application shop-1 created\n');
  expect(site.controlPlane.calls('apply')).toMatchObject([
    [{ manifests: MANIFEST, fileName: 'cartwright.yaml', dryRun: true }],
  ]);
  expect(site.controlPlane.calls('deploy')).toMatchObject([
    [{ alias: 'web', uploadDigest: DIGEST, manifests: { manifests: MANIFEST, fileName: 'cartwright.yaml' } }],
  ]);
});

test('a component with a Git source is deployed from there', async () => {
  await site.write({ 'cartwright.yaml': MANIFEST });
  const { code, stderr } = await site.run('deploy', 'site', '--alias', 'api', '--no-wait');
  expect(code).toBe(0);
  expect(stderr).toContain('https://git.example/api.git is deployed, not the folder');
  expect(site.uploaded).toBeUndefined();
  expect(site.controlPlane.calls('deploy')).toMatchObject([[{ alias: 'api', uploadDigest: undefined }]]);
});

test('--git changes the source in the manifest, after the file was checked as it is', async () => {
  await site.write({ 'cartwright.yaml': MANIFEST });
  const { code } = await site.run(
    'deploy',
    'site',
    '--alias',
    'api',
    '--git',
    'https://git.example/new.git',
    '--no-wait',
  );
  expect(code).toBe(0);
  expect(site.controlPlane.calls('apply').map(([input]) => (input as { dryRun: boolean }).dryRun)).toEqual([true]);
  expect(site.manifest).toMatchObject({
    spec: { components: [{ alias: 'web' }, { alias: 'api', source: { git: { url: 'https://git.example/new.git' } } }] },
  });
  expect(JSON.stringify(site.manifest)).not.toContain('v1');
});

test('--git alone needs no folder, and makes an application called like the repository', async () => {
  const { code } = await site.run(
    'deploy',
    '--git',
    'https://git.example/site.git',
    '--branch',
    'main',
    '--cartridge',
    'nodejs',
    '--no-wait',
  );
  expect(code).toBe(0);
  expect(site.manifest).toMatchObject({
    metadata: { name: 'site' },
    spec: {
      components: [
        { alias: 'web', cartridge: 'nodejs', source: { git: { url: 'https://git.example/site.git', branch: 'main' } } },
      ],
    },
  });
});

test.each([
  [['deploy', 'site'], 2, 'say which by --alias'],
  [['deploy', 'site', '--alias', 'db'], 4, 'application "site" has no component "db"; it has web, api'],
  [['deploy', 'site', '--name', 'other'], 2, 'cartwright.yaml holds these applications: site; say which by --name'],
  [['deploy', 'site', '--cartridge', 'php'], 2, 'cartwright.yaml names the cartridge'],
  [['deploy', '--git', 'https://git.example/x.git'], 2, 'add --cartridge NAME'],
])('%j ends with exit code %d and what to do', async (argv, code, message) => {
  await site.write({ 'cartwright.yaml': MANIFEST });
  const ended = await site.run(...argv);
  expect(ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
  expect([site.uploaded, site.manifest]).toEqual([undefined, undefined]);
});

test('a manifest with an error is told with its line, and nothing is uploaded', async () => {
  await site.write({ 'cartwright.yaml': 'kind: {' });
  site.controlPlane.useCases.mutations.apply = () =>
    Promise.reject(new RequestError('INVALID', 'cartwright.yaml:1: not closed'));
  const { code, stderr } = await site.run('deploy', 'site');
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: cartwright.yaml:1: not closed\n' });
  expect(site.uploaded).toBeUndefined();
});

test('a source that is refused leaves no application', async () => {
  site.controlPlane.useCases.mutations.deploy = () =>
    Promise.reject(
      new SourceError('GIT_UNREACHABLE', 'https://git.example/x.git cannot be read: there is no such repository'),
    );
  const { code, stderr } = await site.run('deploy', '--git', 'https://git.example/x.git', '--cartridge', 'nodejs');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'error: https://git.example/x.git cannot be read: there is no such repository\n',
  });
  expect(site.controlPlane.calls('apply')).toEqual([]);
  expect(site.manifest).toBeUndefined();
});

test.each([
  ['--name', ['--name', 'E!'], 'E!'],
  ['--alias', ['--alias', 'Web'], 'Web'],
])('%s that cannot be a name is refused before anything is sent, and names no file', async (option, given, found) => {
  await site.write({ 'package.json': '{}' });
  const { code, stderr } = await site.run('deploy', 'site', ...given, '--no-wait');
  expect(code).toBe(2);
  expect(stderr).toContain(`${option}: expected 1 to 40 lower-case letters`);
  expect(stderr).toContain(`found "${found}"`);
  expect(site.uploaded).toBeUndefined();
  expect(site.controlPlane.calls('deploy')).toEqual([]);
});

test('a manifest that deploy makes is not called cartwright.yaml', async () => {
  await site.write({ 'package.json': '{}' });
  expect((await site.run('deploy', 'site', '--no-wait')).code).toBe(0);
  expect(site.controlPlane.calls('deploy')).toMatchObject([
    [{ manifests: { fileName: 'the manifest that deploy made' } }],
  ]);
});
