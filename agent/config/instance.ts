/** Reads `instance.json`, written by the provider before the agent is started. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { instanceDocument, type InstanceDocument } from '../../schema/agent/instance.ts';
import { ConfigurationError } from './errors.ts';
import type { Settings } from './settings.ts';

export interface AgentConfiguration {
  /** The folder of `instance.json`: everything that the agent writes lies in it. */
  readonly directory: string;
  readonly document: InstanceDocument;
  readonly settings: Settings;
}

interface CommandLine {
  /** Of `instance.json`. */
  readonly path: string;
  /** Which instance this is has to be asked of the control plane; what it answers is written to `path`. */
  readonly asksIdentity: boolean;
  /** What it has to be. */
  readonly kind: 'instance' | 'task' | 'build';
}

/** What the program is to be. */
type Role = CommandLine | { readonly kind: 'artifact-server' };

const USAGE =
  'Usage: node agent.mjs --config DIRECTORY/instance.json [--identity [--task | --build]] | --artifact-server';

/** From `--config FILE` or `CARTWRIGHT_AGENT_CONFIG`, `--identity`, and `--task` or `--build`; or from `--artifact-server`. Throws {@link ConfigurationError}. */
export function readCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Role {
  let values: { config?: string; identity?: boolean; task?: boolean; build?: boolean; 'artifact-server'?: boolean };
  try {
    const options = {
      config: { type: 'string' },
      identity: { type: 'boolean' },
      task: { type: 'boolean' },
      build: { type: 'boolean' },
      'artifact-server': { type: 'boolean' },
    } as const;
    ({ values } = parseArgs({ args: [...argv], options }));
  } catch (error) {
    throw new ConfigurationError(`${(error as Error).message}. ${USAGE}`, { cause: error });
  }
  if (values['artifact-server'] === true) return { kind: 'artifact-server' };
  const path = values.config ?? environment.CARTWRIGHT_AGENT_CONFIG;
  const { identity: asksIdentity = false } = values;
  const kind = values.build === true ? 'build' : values.task === true ? 'task' : 'instance';
  if (path) return { path: resolve(path), asksIdentity, kind };
  throw new ConfigurationError(`no configuration was named. ${USAGE} (or set CARTWRIGHT_AGENT_CONFIG)`);
}

function parsed(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `cannot read ${path}: ${(error as Error).message}. The provider writes this file before it starts the agent`,
      { cause: error },
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws {@link ConfigurationError} that names the file, the field and what was expected. */
export function loadConfiguration(path: string, settings: Settings): AgentConfiguration {
  const result = instanceDocument.safeParse(parsed(path));
  if (!result.success) {
    const problems = result.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
    throw new ConfigurationError(`${path} is not an instance document. ${problems.join('; ')}`);
  }
  const document = result.data;
  for (const [field, value] of [
    ['tokenFile', document.tokenFile],
    ['cartridge.directory', document.cartridge.directory],
  ] as const) {
    if (!isAbsolute(value)) throw new ConfigurationError(`${path}: ${field}: expected an absolute path, got ${value}`);
  }
  readToken(document.tokenFile);
  return {
    directory: dirname(path),
    document: {
      ...document,
      brokers: settings.brokers ? [...settings.brokers] : document.brokers,
      controlPlane: settings.controlPlane ?? document.controlPlane,
    },
    settings,
  };
}

/** The instance's token. Read again at each use, so that it can be replaced. Throws {@link ConfigurationError}, never with the token. */
export function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigurationError(`cannot read the token file ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  throw new ConfigurationError(`the token file ${path} does not hold one line of printable characters`);
}
