/** What the pod's specification says about where the instance is asked for. None of it is in the environment of applications. */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { IDENTITY_PATH } from '../../schema/agent/identity.ts';
import { RELEASE_DOCUMENT_FILE } from '../../schema/agent/release-document.ts';
import { isId } from '../../schema/ids.ts';
import { ConfigurationError } from '../config/errors.ts';

export interface IdentitySettings {
  /** URL of the exchange. */
  readonly url: string;
  /** Uid of the host cluster in which the pod is. */
  readonly hostCluster: string;
  readonly podIp: string;
  /** File with the pod's own token; Kubernetes puts another one there before it ends. */
  readonly podTokenFile: string;
  /** PEM of the authorities that the control plane's certificate is checked with, where there is such a file. */
  readonly authoritiesFile: string;
  /** What the pod runs by while nobody says which instance it is, where there is such a file. */
  readonly releaseFile: string;
  /** The cartridge's folder in the image. */
  readonly cartridgeDirectory: string;
  /** From which Kubernetes takes the message of a container that has ended. */
  readonly messageFile: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws {@link ConfigurationError} that names the variable. */
export function readIdentitySettings(environment: Environment): IdentitySettings {
  const folder = environment.CARTWRIGHT_IDENTITY_FOLDER ?? '/var/run/secrets/cartwright';
  return {
    url: `${controlPlaneIn(environment)}${IDENTITY_PATH}`,
    hostCluster: checked(environment, 'CARTWRIGHT_HOST_CLUSTER', isId, 'the uid of a host cluster'),
    podIp: checked(environment, 'CARTWRIGHT_POD_IP', (text) => isIP(text) !== 0, 'the address of the pod'),
    podTokenFile: join(folder, 'token'),
    authoritiesFile: join(folder, 'ca.pem'),
    releaseFile: join(folder, RELEASE_DOCUMENT_FILE),
    cartridgeDirectory: environment.CARTWRIGHT_CARTRIDGE_FOLDER ?? '/cartridge',
    messageFile: environment.CARTWRIGHT_MESSAGE_FILE ?? '/dev/termination-log',
  };
}

function checked(environment: Environment, name: string, isRight: (text: string) => boolean, what: string): string {
  const text = environment[name] ?? '';
  if (isRight(text)) return text;
  throw new ConfigurationError(
    `environment variable ${name} is ${JSON.stringify(text)}; with --identity it has to be ${what}`,
  );
}

/** At which pods reach it, without a path. Throws {@link ConfigurationError}. */
export function controlPlaneIn({ CARTWRIGHT_CONTROL_PLANE: text = '' }: Environment): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol)) return text.replace(/\/+$/, '');
  throw new ConfigurationError(
    `environment variable CARTWRIGHT_CONTROL_PLANE is ${JSON.stringify(text)}; in a pod it has to be the URL at which pods reach the control plane`,
  );
}
