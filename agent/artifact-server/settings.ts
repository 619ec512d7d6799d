/** What the pod's specification says to the server of artifacts. */
import { join } from 'node:path';
import {
  ARTIFACT_SERVER_PATH,
  ARTIFACT_SERVER_PORT,
  ARTIFACT_SERVER_TOKEN_FILE,
} from '../../schema/agent/artifact-server.ts';
import { ConfigurationError } from '../config/errors.ts';
import { controlPlaneIn } from '../identity/settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ArtifactServerSettings {
  /** URL of the list; an archive is at `URL/DIGEST`. */
  readonly source: string;
  /** File with what is shown to the control plane; another one may take its place. */
  readonly tokenFile: string;
  /** PEM of the authorities that the control plane's certificate is checked with, where there is such a file. */
  readonly authoritiesFile: string;
  /** Where the archives are kept. */
  readonly directory: string;
  /** Where they are kept when that folder cannot be written; what is there goes with the pod. */
  readonly spareDirectory: string;
  readonly maximumBytes: number;
  readonly port: number;
}

/** Throws {@link ConfigurationError} that names the variable. */
export function readArtifactServerSettings(environment: Environment): ArtifactServerSettings {
  const folder = environment.CARTWRIGHT_IDENTITY_FOLDER ?? '/var/run/secrets/cartwright';
  const { CARTWRIGHT_ARTIFACT_SERVER_BYTES: bytes = '', CARTWRIGHT_ARTIFACT_SERVER_PORT: port } = environment;
  return {
    source: `${controlPlaneIn(environment)}${ARTIFACT_SERVER_PATH}/artifacts`,
    tokenFile: join(folder, ARTIFACT_SERVER_TOKEN_FILE),
    authoritiesFile: join(folder, 'ca.pem'),
    directory: environment.CARTWRIGHT_ARTIFACT_SERVER_FOLDER ?? '/cartwright/data/artifacts',
    spareDirectory: environment.CARTWRIGHT_ARTIFACT_SERVER_SPARE_FOLDER ?? '/cartwright/spare/artifacts',
    maximumBytes: numberOf('CARTWRIGHT_ARTIFACT_SERVER_BYTES', bytes, 1),
    port: port === undefined ? ARTIFACT_SERVER_PORT : numberOf('CARTWRIGHT_ARTIFACT_SERVER_PORT', port, 0),
  };
}

function numberOf(name: string, text: string, least: number): number {
  const number = Number(text);
  if (text !== '' && Number.isSafeInteger(number) && number >= least) return number;
  throw new ConfigurationError(`environment variable ${name} is ${JSON.stringify(text)}; expected a whole number`);
}
