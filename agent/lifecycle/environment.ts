/** The environment of an application and of its hooks: nothing of the agent's own, and never the token. */
import type { InstanceDocument, ReleaseConfiguration } from '../../schema/agent/instance.ts';
import { volumeVariable } from '../../schema/manifests/volume.ts';
import { cartridgeOf } from '../artifacts/cartridge.ts';
import type { HeldSecret } from '../artifacts/secrets.ts';

type Environment = Readonly<Record<string, string>>;

export interface EnvironmentParts {
  readonly document: InstanceDocument;
  readonly configuration: ReleaseConfiguration;
  readonly secrets: readonly HeldSecret[];
  readonly home: string;
  /** Path of the file with the metadata. */
  readonly metadata: string;
  /** The agent's own search path. */
  readonly path: string;
  /** Path of the local socket, where there is one. */
  readonly socket: string | undefined;
}

/** `PORT` is the first HTTP port, else the first port; each port has its `PORT_<NAME>` as well. */
function portVariables({ ports, listenHost }: InstanceDocument): Record<string, string> {
  const first = ports.find(({ protocol }) => protocol === 'http') ?? ports[0];
  const named = ports.map(({ name, port }): [string, string] => [
    `PORT_${name.toUpperCase().replaceAll('-', '_')}`,
    String(port),
  ]);
  return { HOST: listenHost, ...(first ? { PORT: String(first.port) } : {}), ...Object.fromEntries(named) };
}

/** A value, or the path of the file that holds it. */
function secretVariables(secrets: readonly HeldSecret[]): Record<string, string> {
  return Object.fromEntries(
    secrets.map(({ name, delivery, path, value }) => [name, delivery === 'file' ? path : value]),
  );
}

function volumeVariables({ volumes = [] }: InstanceDocument): Record<string, string> {
  return Object.fromEntries(volumes.map(({ name, path }) => [volumeVariable(name), path]));
}

/** Later ones win: defaults, the cartridge's, the release's, its secrets; the platform's names cannot be overridden. */
export function applicationEnvironment(parts: EnvironmentParts): Environment {
  const { document, configuration, secrets, home, metadata, path, socket } = parts;
  const { resources, concurrency } = document.cartridge.spec;
  return {
    PATH: path,
    HOME: home,
    LANG: 'C.UTF-8',
    ...cartridgeOf(configuration, document).spec.environment,
    ...configuration.environment,
    ...secretVariables(secrets),
    ...portVariables(document),
    ...volumeVariables(document),
    CARTWRIGHT_TENANT: document.tenant,
    CARTWRIGHT_APPLICATION: document.application,
    CARTWRIGHT_ALIAS: document.alias,
    CARTWRIGHT_INSTANCE: document.instance,
    CARTWRIGHT_RELEASE: configuration.release,
    CARTWRIGHT_METADATA: metadata,
    CARTWRIGHT_MEMORY_BYTES: String(resources.memoryBytes),
    ...(concurrency === undefined ? {} : { CARTWRIGHT_CONCURRENCY: String(concurrency) }),
    ...(socket === undefined ? {} : { CARTWRIGHT_SOCKET: socket }),
  };
}
