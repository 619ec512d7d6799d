/** Objects of ours that others change, delete or have made first, and objects that nobody touches. */
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { applyObjects, kubectl } from './cluster.ts';
import { KubernetesFixture, standInImage } from './provider-fixture.ts';

jest.setTimeout(300_000);

let image = '';
let fixture: KubernetesFixture;
beforeAll(async () => {
  image = await standInImage();
});
beforeEach(async () => {
  fixture = await KubernetesFixture.open(image);
});
afterEach(() => fixture.close());

const inNamespace = (...args: string[]) => kubectl('-n', fixture.namespace, ...args);
const field = (what: string, path: string) => inNamespace('get', what, '-o', `jsonpath={${path}}`);
const running = async (instance: string) =>
  eventually(
    `${instance} runs`,
    async () => (await fixture.provider.list()).find((one) => one.instance === instance)?.state === 'running',
    120_000,
  );

async function started(instance = 'one'): Promise<string> {
  const request = fixture.request(instance);
  await fixture.provider.create({ ...request, document: { ...request.document, cause: 'decision-1' } });
  await running(instance);
  return field('deployments', '.items[0].metadata.name');
}

/** As a control plane says it with every pass in which it has what it wants. */
const settle = (): void => fixture.provider.settle!(fixture.request('one').document.cluster);

test('a field of ours that somebody changes is put back and told of; one of theirs is left alone', async () => {
  const name = await started();
  await inNamespace('patch', 'pdb', name, '--type=merge', '-p', '{"spec":{"maxUnavailable":5}}');
  await inNamespace('annotate', 'pdb', name, 'team=payments');
  await inNamespace('patch', 'networkpolicy', name, '--type=merge', '-p', '{"spec":{"ingress":[{}]}}');
  await inNamespace('label', 'deployment', name, 'cartwright.dev/tenant=mallory', '--overwrite');
  await eventually(
    'the budget is ours',
    async () => (await field(`pdb/${name}`, '.spec.maxUnavailable')) === '1',
    30_000,
  );
  await eventually(
    'the policy is ours',
    async () => (await field(`networkpolicy/${name}`, '.spec.ingress[0].ports[0].port')) === '8080',
    30_000,
  );
  await eventually(
    'the Deployment is ours',
    async () => (await field(`deployment/${name}`, '.metadata.labels.cartwright\\.dev/tenant')) === 'default',
    30_000,
  );
  expect(await field(`pdb/${name}`, '.metadata.annotations.team')).toBe('payments');
  await eventually('all is told', () => fixture.changes.length >= 3);
  expect(fixture.changes.map(({ kind, fields, isReverted }) => [kind, fields, isReverted])).toEqual(
    expect.arrayContaining([
      ['PodDisruptionBudget', ['spec.maxUnavailable'], true],
      ['NetworkPolicy', ['spec.ingress[0].from', 'spec.ingress[0].ports'], true],
      ['Deployment', ['metadata.labels.cartwright.dev/tenant'], true],
    ]),
  );
  expect(fixture.changes.find(({ kind }) => kind === 'PodDisruptionBudget')?.by).toMatch(/kubectl/);
});

test('what somebody deletes is made again, also under a control plane that has not made it', async () => {
  const name = await started();
  await inNamespace('delete', 'pdb', name);
  await eventually('the budget is there', async () => (await inNamespace('get', 'pdb', '-o', 'name')) !== '', 30_000);
  await fixture.reopen();
  await inNamespace('delete', 'networkpolicy', 'cartwright-isolation');
  const isThere = async () =>
    (await inNamespace('get', 'networkpolicy', '-o', 'name')).includes('cartwright-isolation');
  await eventually('the policy is there', isThere, 30_000);
  await inNamespace('patch', 'pdb', name, '--type=merge', '-p', '{"spec":{"maxUnavailable":5}}');
  await eventually(
    'the budget is ours',
    async () => (await field(`pdb/${name}`, '.spec.maxUnavailable')) === '1',
    30_000,
  );
});

test('pods that somebody adds go again, and a list of instances that somebody writes is none', async () => {
  const name = await started();
  await inNamespace('scale', 'deployment', name, '--replicas=3');
  await eventually(
    'one pod is asked for',
    async () => {
      settle();
      return (await field(`deployment/${name}`, '.spec.replicas')) === '1';
    },
    30_000,
  );
  await inNamespace('annotate', 'deployment', name, 'cartwright.dev/instances=[]', '--overwrite');
  const slots = () => field(`deployment/${name}`, '.metadata.annotations.cartwright\\.dev/instances');
  await eventually('the list is ours', async () => (await slots()).includes('"one"'), 30_000);
  expect(await fixture.provider.list()).toMatchObject([{ instance: 'one' }]);
  expect(fixture.changes.map(({ fields }) => fields[0])).toEqual(
    expect.arrayContaining(['spec.replicas', 'metadata.annotations.cartwright.dev/instances']),
  );
});

test('the pod that comes in the place of one that somebody deletes is kept for the instance that takes that place', async () => {
  const name = await started();
  const [first] = await fixture.podsOf('one');
  await fixture.kill('one');
  const others = async () => (await fixture.pods()).filter(({ metadata }) => metadata.uid !== first!.metadata.uid);
  await eventually('another pod', async () => (await others()).length === 1, 60_000);
  const [other] = await others();
  await fixture.provider.remove('one');
  // Longer than a control plane takes that has nothing else to do.
  const late = performance.now() + 10_000;
  await eventually('a while', () => performance.now() > late, 20_000);
  await started('two');
  settle();
  expect((await fixture.podsOf('two')).map(({ metadata }) => metadata.uid)).toEqual([other!.metadata.uid]);
  await fixture.kill('two');
  await fixture.provider.remove('two');
  await eventually(
    'nobody has come, and it goes',
    async () => {
      settle();
      return !(await inNamespace('get', 'deployments', '-o', 'name')).includes(name);
    },
    30_000,
  );
});

test('instances of a Deployment that somebody deletes are gone, and what follows them is made anew', async () => {
  const name = await started();
  await inNamespace('delete', 'deployment', name, '--wait=false');
  await eventually('it is gone', async () => (await fixture.provider.list()).length === 0, 30_000);
  expect(fixture.changes).toMatchObject([{ kind: 'Deployment', name, fields: [], isReverted: false }]);
  await started('two');
  await fixture.provider.remove('two');
  const left = async () => inNamespace('get', 'deployments,pdb', '-o', 'name');
  await eventually('nothing is left', async () => (await left()) === '', 60_000);
});

test('the decision that asked for an instance is on its Deployment and its pod', async () => {
  const name = await started();
  expect(await field(`deployment/${name}`, '.metadata.annotations.cartwright\\.dev/cause')).toBe('decision-1');
  const onPod = () => field('pods', '.items[0].metadata.annotations.cartwright\\.dev/cause');
  await eventually('the pod says it', async () => (await onPod()) === 'decision-1', 30_000);
});

test('an object with our name that is not ours is left alone', async () => {
  const name = await started();
  await fixture.provider.remove('one');
  const metadata = { name, namespace: fixture.namespace, labels: { owner: 'somebody' } };
  const spec = { maxUnavailable: 7, selector: { matchLabels: { owner: 'somebody' } } };
  await eventually('the end of ours', async () => (await inNamespace('get', 'pdb', '-o', 'name')) === '', 60_000);
  await applyObjects([{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec }]);
  await fixture.reopen();
  await expect(fixture.provider.create(fixture.request('two'))).rejects.toMatchObject({ code: 'OBJECT_TAKEN' });
  expect(await field(`pdb/${name}`, '.spec.maxUnavailable')).toBe('7');
});

test('nothing is written where nothing changes', async () => {
  await started();
  const kinds = 'namespaces,deployments,pdb,networkpolicies,resourcequotas,limitranges,serviceaccounts';
  const versions = async () => {
    const labels = ['-l', `cartwright.dev/platform=${fixture.prefix}`];
    const path = 'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion} {end}';
    return kubectl('get', kinds, '-A', ...labels, '-o', path);
  };
  await eventually('the label of the pod', async () =>
    (await field('pods', '.items[0].metadata.labels')).includes('"cartwright.dev/instance"'),
  );
  await eventually('it is quiet', async () => (await versions()) === (await versions()));
  const before = await versions();
  for (let round = 0; round < 3; round += 1) {
    await fixture.reopen();
    await fixture.provider.list();
    await fixture.provider.create(fixture.request('one'));
  }
  expect(await versions()).toBe(before);
  expect(fixture.changes).toEqual([]);
});
