/** What the contract's tests ask a provider for; of the provider itself is only how an instance runs. */
import { cartridgeSpec } from '../../../schema/manifests/cartridge.ts';
import type { InstanceRequest } from '../../app/ports/provider.ts';
import type { RequestChanges } from './provider-contract.ts';

export interface RequestedRuntime {
  readonly runtime: 'process' | 'container';
  /** Absolute path of the cartridge's folder. */
  readonly directory: string;
  readonly cpuCores: number;
}

export function requestFor(
  instance: string,
  changes: RequestChanges,
  { runtime, directory, cpuCores }: RequestedRuntime,
): InstanceRequest {
  const {
    cluster = 'cluster',
    memoryBytes = 64 * 1024 * 1024,
    fixedPorts = {},
    category = 'framework',
    hasVolume,
  } = changes;
  return {
    document: {
      v: 1,
      tenant: 'default',
      application: 'shop',
      alias: 'web',
      instance,
      cluster,
      brokers: ['mqtt://127.0.0.1:1883'],
      controlPlane: 'http://127.0.0.1:8080',
      cartridge: {
        name: 'nodejs',
        directory,
        spec: cartridgeSpec.parse({
          version: '1',
          category,
          runtimes: [runtime],
          ports: [{ name: 'http', protocol: 'http' }],
          resources: { cpuCores, memoryBytes },
          ...(hasVolume ? { volumes: [{ name: 'data', mountPath: 'data', sizeBytes: '8Mi' }] } : {}),
        }),
      },
    },
    token: `token-of-${instance}`,
    fixedPorts,
  };
}
