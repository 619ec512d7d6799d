import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPath } from '../../../schema/manifests/problem.ts';
import { faultsOf, pathOf } from './check.ts';

const application = (component: object) => ({
  apiVersion: 'cartwright.dev/v1',
  kind: 'Application',
  metadata: { name: 'shop' },
  spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', ...component }] },
});

test('what the control plane would take has no faults', () => {
  expect(faultsOf(application({ environment: { A: '1' } }), 'Application')).toEqual([]);
});

test('a fault is at its place, in the words of the command line', () => {
  expect(faultsOf(application({ alias: 'Web', environment: { PORT: '1' } }), 'Application')).toEqual([
    {
      path: ['spec', 'components', 0, 'alias'],
      message: expect.stringMatching(/^Expected 1 to 40 lower-case letters.*found "Web"\.$/),
      isMissing: false,
    },
    {
      path: ['spec', 'components', 0, 'environment', 'PORT'],
      message: expect.stringContaining('set by the platform'),
      isMissing: false,
    },
  ]);
});

test('rules over several fields hold as well', () => {
  const routes = [{ path: '/a' }, { path: '/a/' }];
  expect(faultsOf(application({ routes }), 'Application')).toMatchObject([
    { path: ['spec', 'components', 0, 'routes', 1], message: expect.stringContaining('already routed') },
  ]);
});

test('a secret in the address of a repository is not repeated', () => {
  const [fault] = faultsOf(
    application({ source: { git: { url: 'https://me:hunter2@git.example/a.git' } } }),
    'Application',
  );
  expect(fault).toMatchObject({ path: ['spec', 'components', 0, 'source', 'git', 'url'] });
  expect(fault!.message).not.toContain('hunter2');
});

test('the path of a field is read as it is written', () => {
  const part = fc.oneof(fc.nat(100), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,60}$/), fc.string({ maxLength: 20 }));
  const path = fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.array(part, { maxLength: 5 }));
  fc.assert(
    fc.property(path, ([first, rest]) => {
      expect(pathOf(formatPath([first, ...rest]))).toEqual([first, ...rest]);
    }),
  );
  expect(pathOf('a..b')).toEqual(['a..b']);
});
