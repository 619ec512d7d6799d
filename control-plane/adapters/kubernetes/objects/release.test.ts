import { expect, test } from '@jest/globals';
import { releaseDocument, RELEASE_DOCUMENT_FILE } from '../../../../schema/agent/release-document.ts';
import { cartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import type { KeptRelease } from '../../../app/ports/provider.ts';
import { releaseName, releaseSecret, releaseText } from './release.ts';
import { portsOf } from './workload.ts';

const identity = { tenant: 'acme', application: 'shop', alias: 'web', cluster: '01k0000000000000000000000c' };
const spec = cartridgeSpec.parse({
  ...{ version: '1', category: 'framework', runtimes: ['container'] },
  ports: [{ name: 'http', protocol: 'http' }],
});
const kept: KeptRelease = {
  identity,
  cartridge: { name: 'nodejs', spec },
  stable: {
    release: 'r1',
    artifacts: [],
    configurationDigest: '0'.repeat(64),
    configurationUrl: 'http://10.0.0.5:4747/instance/v1/releases/r1/configuration',
  },
  configuration: '{"environment":{},"release":"r1","v":1}',
  secrets: { v: 1, release: 'r1', values: { KEY: 'hush' } },
  documentsBase: 'http://10.0.0.5:4747/instance/v1',
  reportIntervalSeconds: 5,
};
const place = { controlPlane: 'https://paas.example/instance/v1', ports: portsOf(spec.ports) };
const owners = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-web-1', uid: 'd1' }];

test('the document is what an agent reads', () => {
  const { cartridge, documentsBase, stable, configuration, secrets, reportIntervalSeconds } = kept;
  expect(releaseDocument.parse(JSON.parse(releaseText(kept, place)!))).toEqual({
    v: 1,
    instance: { v: 1, ...identity, controlPlane: place.controlPlane, documentsBase, ports: place.ports, cartridge },
    ...{ stable, configuration, secrets, reportIntervalSeconds },
  });
});

test('its Secret goes with what makes the pods, and says nothing outside of its data', () => {
  const secret = releaseSecret({
    ...{ platform: 'p1', namespace: 'cartwright-acme', identity, owners },
    text: '{"a":1}',
  });
  expect(secret).toMatchSnapshot();
  expect(secret.metadata!.name).toBe(releaseName(identity));
  expect(Buffer.from(secret.data![RELEASE_DOCUMENT_FILE]!, 'base64').toString()).toBe('{"a":1}');
});

test('certificates are in it, unless there is no room for them', () => {
  const certificates = {
    ...{ v: 1 as const, revision: 'r' },
    certificates: [{ host: 'shop.example.org', chain: 'a chain', key: 'a private key', isDefault: true }],
  };
  const read = (changes: Partial<KeptRelease>) =>
    releaseDocument.parse(JSON.parse(releaseText({ ...kept, certificates, ...changes }, place)!));
  expect(read({}).certificates).toEqual(certificates);
  const room = 1_000_000 - releaseText(kept, place)!.length;
  const configuration = kept.configuration + ' '.repeat(room);
  expect(read({ configuration })).toMatchObject({ configuration });
  expect(read({ configuration }).certificates).toBeUndefined();
});

test('what is more than a Secret holds is none', () => {
  const configuration = 'x'.repeat(1_000_000);
  expect(releaseText({ ...kept, configuration }, place)).toBeUndefined();
});
