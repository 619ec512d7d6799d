/** What an operator may set by environment variables over `instance.json`. */
import { ConfigurationError } from './errors.ts';

export interface Settings {
  /** URLs of brokers instead of the document's. */
  readonly brokers: readonly string[] | undefined;
  /** Base URL of the control plane instead of the document's. */
  readonly controlPlane: string | undefined;
  /** Size at which a log file is rotated, bytes; one older file is kept. */
  readonly logFileBytes: number;
  /** Log lines published a second, on average; four seconds' worth may come at once. */
  readonly logLinesPerSecond: number;
  /** Time between saying `maintenance` and stopping a serving application to switch its release, seconds. */
  readonly switchNoticeSeconds: number;
  /** Whether the inventory child is run after the first CONNECT. */
  readonly inventory: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

function numberFrom(
  environment: Environment,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= minimum && value <= maximum) return value;
  throw new ConfigurationError(
    `environment variable ${name} is ${JSON.stringify(text)}; expected a number from ${minimum} to ${maximum}`,
  );
}

function urlFrom(name: string, text: string, protocols: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && protocols.includes(url.protocol)) return text;
  throw new ConfigurationError(
    `environment variable ${name} has ${JSON.stringify(text)}; expected a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  );
}

export function readSettings(environment: Environment): Settings {
  const brokers = environment.CARTWRIGHT_AGENT_BROKERS?.split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => urlFrom('CARTWRIGHT_AGENT_BROKERS', text, ['mqtt:', 'mqtts:']));
  const controlPlane = environment.CARTWRIGHT_AGENT_CONTROL_PLANE;
  return {
    brokers: brokers && brokers.length > 0 ? brokers : undefined,
    controlPlane: controlPlane
      ? urlFrom('CARTWRIGHT_AGENT_CONTROL_PLANE', controlPlane, ['http:', 'https:'])
      : undefined,
    logFileBytes: numberFrom(environment, 'CARTWRIGHT_AGENT_LOG_FILE_BYTES', 8 * 1024 * 1024, 4096, 1024 ** 3),
    logLinesPerSecond: numberFrom(environment, 'CARTWRIGHT_AGENT_LOG_LINES_PER_SECOND', 200, 1, 10_000),
    switchNoticeSeconds: numberFrom(environment, 'CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS', 0.5, 0, 300),
    inventory: environment.CARTWRIGHT_AGENT_INVENTORY !== 'off',
  };
}
