import { expect, test } from '@jest/globals';
import { artifactBearer } from '../../../../schema/agent/artifact-server.ts';
import { artifactServerObjects, artifactServerOf, artifactServerSecret } from './artifact-server.ts';

const request = {
  ...{ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme', controlPlane: 'https://paas.example' },
  image: `registry.example/lb@sha256:${'0a'.repeat(32)}`,
  bytes: 2 ** 32,
};

test('a tenant’s artifacts are served in its namespace, on a claim, to its own pods alone', () => {
  expect(artifactServerObjects(request)).toMatchSnapshot();
  const [, claim] = artifactServerObjects({ ...request, storageClass: 'standard' });
  expect(claim).toMatchObject({ spec: { storageClassName: 'standard' } });
});

test('its token lies in a Secret of its own, which goes with it', () => {
  const owner = { metadata: { name: 'cartwright-artifacts', uid: 'd1' } };
  const secret = artifactServerSecret(request, 'host.acme.secret', owner);
  expect(secret.metadata!.ownerReferences).toEqual([expect.objectContaining({ kind: 'Deployment', uid: 'd1' })]);
  expect(JSON.stringify(secret)).not.toContain('host.acme.secret');
  expect(Buffer.from(Object.values(secret.data!)[0]!, 'base64').toString()).toBe('host.acme.secret');
});

test('pods are told what to show for their own artifacts, and not the token', () => {
  const digest = `sha256-${'a'.repeat(64)}`;
  expect(artifactServerOf('cartwright-acme', 'token', [digest])).toEqual({
    url: 'http://cartwright-artifacts.cartwright-acme.svc/artifacts',
    bearers: { [digest]: artifactBearer('token', digest) },
  });
});
