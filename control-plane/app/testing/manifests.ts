/** Cartridges and applications for tests. */
import { stringify } from 'yaml';
import { newUid } from '../../../schema/ids.ts';
import { cartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import type { CartridgeRecord } from '../records/cartridges.ts';

const HTTP = [{ name: 'http', protocol: 'http' }];

/** `node` serves HTTP and needs an artifact, `worker` has no port, `plain` needs no artifact, `lb` balances. */
export function cartridges(): CartridgeRecord[] {
  return [
    cartridge('node', { category: 'framework', ports: HTTP, concurrency: 10, startSeconds: 2, drainSeconds: 5 }),
    cartridge('worker', { category: 'framework', startSeconds: 2 }),
    cartridge('plain', { category: 'framework', ports: HTTP, artifact: { required: false } }),
    cartridge('lb', { category: 'load-balancer', ports: HTTP, artifact: { required: false }, startSeconds: 1 }),
  ];
}

export function cartridge(name: string, spec: Record<string, unknown>): CartridgeRecord {
  const manifest = cartridgeManifest.parse({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Cartridge',
    metadata: { name },
    spec: { version: '1.0.0', runtimes: ['process'], ...spec },
  });
  return { uid: newUid(), name, generation: 1, directory: `/cartridges/${name}`, digest: null, manifest };
}

export function application(
  name: string,
  components: readonly Record<string, unknown>[],
  metadata: Record<string, unknown> = {},
): string {
  return document(
    'Application',
    name,
    { components: components.map((item) => ({ kind: 'cartridge', ...item })) },
    metadata,
  );
}

/** A document of YAML, for several in one text. */
export function document(
  kind: string,
  name: string,
  spec: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): string {
  return `---\n${stringify({ apiVersion: 'cartwright.dev/v1', kind, metadata: { name, ...metadata }, spec })}`;
}
