import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as sample from '../../graphql/testing/records.ts';
import { NOUNS } from '../nouns/all.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'operator-token' };
});
afterAll(() => controlPlane.close());

const cli = (line: string, surroundings: Partial<Parameters<typeof run>[1]> = {}) =>
  run(line.split(' '), { env, now: sample.AT + 300_000, ...surroundings });

async function output(line: string): Promise<string> {
  const { code, stdout, stderr } = await cli(line);
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
  return stdout;
}

/** What is asked for beside the noun, so that there is something in memory to find. */
const SCOPES: Readonly<Record<string, string>> = {
  instances: ' -a shop-1',
  releases: ' -a shop-1',
  rollouts: ' -a shop-1',
  builds: ' -a shop-1',
  tasks: ' -a shop-1',
  decisions: ' -a shop-1 --limit 3',
  variables: ' -a shop-1/web',
  secrets: ' -a shop-1 --all',
  certificates: ' -a shop-1',
  webhooks: ' -a shop-1',
  routes: ' -a shop-1',
};
/** None in memory. */
const EMPTY = ['deploymentpolicies'];
const nouns = NOUNS.filter((noun) => !EMPTY.includes(noun)).map((noun) => [noun, SCOPES[noun] ?? ''] as const);

describe.each(nouns)('"get %s%s"', (noun, scope) => {
  test('is a table, with more columns where it is wide, and the same data as JSON and as YAML', async () => {
    const [titles = ''] = (await output(`get ${noun}${scope}`)).split('\n');
    expect(titles).toMatch(/^[A-Z/ -]+$/);
    const [wide = ''] = (await output(`get ${noun}${scope} -o wide`)).split('\n');
    expect(wide.split(/ {2,}/).slice(0, 2)).toEqual(titles.split(/ {2,}/).slice(0, 2));
    const json: unknown = JSON.parse(await output(`get ${noun}${scope} -o json`));
    expect(json).toEqual(expect.arrayContaining([expect.any(Object)]));
    expect(parse(await output(`get ${noun}${scope} -o yaml`))).toEqual(json);
  });

  test('names each so that get and describe take it', async () => {
    const [first = '', ...others] = (await output(`get ${noun}${scope} -o name`)).trimEnd().split('\n');
    expect(first).toMatch(/^[a-z]+\/\S+$/);
    const place = scope.replace(/ --(all|limit 3)/, '');
    const one = JSON.parse(
      await output(`get ${first}${place}${scope.includes('--all') ? ' --all' : ''} -o json`),
    ) as object;
    expect(one).not.toBeInstanceOf(Array);
    const described = await output(`describe ${first}${place}`);
    expect(described).toMatch(/^[A-Z][a-zA-Z ]*: +\S/);
    expect(JSON.parse(await output(`describe ${first}${place} -o json`))).not.toBeInstanceOf(Array);
    expect(await output(`describe ${first}${place} -o name`)).toBe(`${first}\n`);
    expect(others.every((line) => /^[a-z]+\/\S+$/.test(line))).toBe(true);
  });

  test('says with code 4 that there is nothing of that name', async () => {
    const { code, stdout, stderr } = await cli(`get ${noun} nothing-like-it${scope}`);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^error: /);
  });
});

test('several names are a list, of one kind or, described, of many', async () => {
  const two = JSON.parse(await output('get application shop-1 shop-2 -o json')) as { name: string }[];
  expect(two.map(({ name }) => name)).toEqual(['shop-1', 'shop-2']);
  expect(await output('get app/shop-1 application/shop-2 -o name')).toBe('application/shop-1\napplication/shop-2\n');
  const described = await output('describe policy/calm application/shop-1');
  expect(described).toMatch(/^Uid: [^]*\n\nApplication: +shop-1\n/);
  expect(JSON.parse(await output('describe policy/calm application/shop-1 -o json'))).toMatchObject([
    { name: 'calm', labels: {} },
    { name: 'shop-1' },
  ]);
});

test('labels choose, and are shown', async () => {
  const { queries } = controlPlane.useCases;
  const { applications } = queries;
  const labelled = (index: number, labels: Record<string, string>) => {
    const application = sample.application(index);
    const { manifest } = application;
    return { ...application, manifest: { ...manifest, metadata: { ...manifest.metadata, labels } } };
  };
  queries.applications = () =>
    Promise.resolve([labelled(1, { team: 'red', tier: 'web' }), labelled(2, { team: 'blue' }), sample.application(3)]);
  try {
    const names = async (selector: string) =>
      (await output(`get applications -o name -l ${selector}`))
        .trimEnd()
        .split('\n')
        .map((name) => name.slice(17));
    expect(await names('team=red')).toEqual(['1']);
    expect(await names('team')).toEqual(['1', '2']);
    expect(await names('team!=red')).toEqual(['2', '3']);
    expect(await names('!team')).toEqual(['3']);
    expect(await names('team,tier==web')).toEqual(['1']);
    expect((await cli('get applications -l team=green')).stderr).toBe('there are no applications\n');
    expect(await output('get applications -o wide')).toContain('team=red,tier=web');
    expect(JSON.parse(await output('get applications -l team=blue -o json'))).toMatchObject([
      { labels: { team: 'blue' } },
    ]);
  } finally {
    queries.applications = applications;
  }
});

test('the commands of nouns are the same as get and describe', async () => {
  expect(await output('quota')).toBe(await output('get quotas'));
  expect(await output('quota acme -o json')).toBe(await output('get quota acme -o json'));
  expect(await output('route shop-1')).toBe(await output('get routes -a shop-1'));
  expect(await output('policy list')).toBe(await output('get policies'));
  expect(await output('token describe ci')).toBe(await output('describe token/ci'));
  expect(await output('cluster list -o name')).toBe('hostcluster/frankfurt\n');
  expect((await cli('quota set acme --instances 3')).stdout).toBe('quota of the tenant acme set\n');
  expect(controlPlane.calls('setTenantQuota')).toEqual([[{ name: 'acme', quota: { instances: 3 } }]]);
});

test('a table is as wide as the terminal at most, and one that nobody looks at is whole', async () => {
  const { useCases } = controlPlane;
  const { cartridges } = useCases.queries;
  const { manifest } = sample.cartridge;
  const description = 'a runtime for programs of a language that is written in many words indeed';
  useCases.queries.cartridges = () =>
    Promise.resolve([{ ...sample.cartridge, manifest: { ...manifest, spec: { ...manifest.spec, description } } }]);
  const { unusable } = useCases.queries;
  useCases.queries.unusable = () => Promise.resolve(null);
  const narrow = { isTerminal: true, env: { ...env, COLUMNS: '80', NO_COLOR: '1' } };
  try {
    const { stdout } = await cli('get cartridges', narrow);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain('…');
    expect((await cli('get cartridges -o wide', narrow)).stdout).toContain(description);
    expect((await cli('get cartridges', { env: { ...env, COLUMNS: '80' } })).stdout).toContain(description);
  } finally {
    Object.assign(useCases.queries, { cartridges, unusable });
  }
});
