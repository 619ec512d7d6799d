/**
 * Entry of the agent: `node agent.mjs --config DIRECTORY/instance.json`; in a pod with `--identity`, and `--task` or `--build` where it is that of one.
 * With `--artifact-server` it is that.
 */
import { ArtifactServer } from './artifact-server/artifact-server.ts';
import { readArtifactServerSettings } from './artifact-server/settings.ts';
import { loadConfiguration, readCommandLine, type AgentConfiguration } from './config/instance.ts';
import { ConfigurationError } from './config/errors.ts';
import { readSettings } from './config/settings.ts';
import { Identity } from './identity/identity.ts';
import { readIdentitySettings, type IdentitySettings } from './identity/settings.ts';
import { Agent } from './agent.ts';
import { Pod, type AgentInPod } from './alone/pod.ts';
import { BUILD_PATH } from '../schema/agent/build.ts';
import { TASK_PATH } from '../schema/agent/task.ts';
import { BuildWork } from './build/build-work.ts';
import { ReleaseWork } from './task/release-work.ts';
import { TaskAgent } from './task/task-agent.ts';
import { createAgentLog, type AgentLine } from './logs/agent-log.ts';
import { inventoryProgram } from './messaging/inventory-child.ts';

const EXIT_FAILED = 1;
const EXIT_CONFIGURATION = 2;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// A disk that is full or read-only must not end an application that serves: what it does not take is lost there, and sent all the same.
process.stderr.on('error', () => undefined);

/** The agent's own lines, once there is an agent to take them. */
let ownLines: ((line: AgentLine) => void) | undefined;
const log = createAgentLog((line, says) => {
  process.stderr.write(line);
  ownLines?.(says);
});

type AnyAgent = Pick<Agent, 'start' | 'signal' | 'close'>;

const common = { log, path: process.env.PATH ?? DEFAULT_PATH, onTerminated: () => process.exit(0) };

function agentFor(configuration: AgentConfiguration, inPod: AgentInPod = {}): Agent {
  const agent = new Agent({ ...common, ...inPod, configuration, inventoryProgram: inventoryProgram(import.meta.url) });
  ownLines = (line) => agent.say(line);
  return agent;
}

/** What runs once: a task or a build. `undefined`: the document is that of an instance. */
function runsOnce(configuration: AgentConfiguration, messageFile?: string): TaskAgent | undefined {
  const { task, build } = configuration.document;
  const reporting = (to: string) => (messageFile === undefined ? {} : { report: { path: to, messageFile } });
  const { path } = common;
  if (build !== undefined)
    return new TaskAgent({
      ...{ ...common, configuration, ...reporting(BUILD_PATH) },
      work: new BuildWork({ configuration, build, log, path }),
    });
  if (task === undefined) return undefined;
  return new TaskAgent({
    ...{ ...common, configuration, ...reporting(TASK_PATH) },
    work: new ReleaseWork({ configuration, task, log, path }),
  });
}

/** It runs by nobody's word but the control plane's. */
async function onceInPod(
  kind: 'task' | 'build',
  identity: Identity,
  { messageFile }: IdentitySettings,
  load: () => AgentConfiguration,
): Promise<AnyAgent> {
  await identity.obtain(() => false);
  const configuration = load();
  const agent = configuration.document[kind] === undefined ? undefined : runsOnce(configuration, messageFile);
  if (agent !== undefined) return agent;
  throw new ConfigurationError(`it was begun as a ${kind}, and the control plane says that it is something else`);
}

async function serveArtifacts(): Promise<void> {
  const server = new ArtifactServer(readArtifactServerSettings(process.env), log);
  const end = (): void => void server.close().then(() => process.exit(0));
  process.once('SIGTERM', end).once('SIGINT', end);
  await server.start();
}

async function main(): Promise<void> {
  const role = readCommandLine(process.argv.slice(2), process.env);
  if (role.kind === 'artifact-server') return serveArtifacts();
  const { path, asksIdentity, kind } = role;
  const settings = readSettings(process.env);
  const running: { agent?: AnyAgent; pod?: Pick<Pod, 'close'> } = {};
  const fail = (error: unknown) => {
    log('error', 'the agent failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    void Promise.all([running.agent?.close(), running.pod?.close()]).finally(() => process.exit(EXIT_FAILED));
  };
  const signal = (name: 'SIGTERM' | 'SIGINT') => {
    // Before there is an instance, there is nothing to be ended in order.
    if (running.agent === undefined) process.exit(0);
    running.agent.signal(name);
  };
  const begin = async (): Promise<AnyAgent> => {
    if (!asksIdentity) {
      const configuration = loadConfiguration(path, settings);
      return runsOnce(configuration) ?? agentFor(configuration);
    }
    const asked = readIdentitySettings(process.env);
    if (kind !== 'instance') {
      const identity = new Identity({ settings: asked, path, agentSettings: settings, log, onOther: fail });
      running.pod = identity;
      return onceInPod(kind, identity, asked, () => loadConfiguration(path, settings));
    }
    const pod = new Pod(asked, { path, settings, log, onOther: fail });
    running.pod = pod;
    return pod.agent((configuration, inPod) => agentFor(configuration, inPod));
  };
  process.on('SIGTERM', () => signal('SIGTERM'));
  process.on('SIGINT', () => signal('SIGINT'));
  // The terminal or control plane that started the agent may end; the instance does not.
  process.on('SIGHUP', () => undefined);
  const agent = await begin();
  running.agent = agent;
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  await agent.start();
}

main().catch((error: unknown) => {
  const isConfiguration = error instanceof ConfigurationError;
  process.stderr.write(`cartwright-agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isConfiguration ? EXIT_CONFIGURATION : EXIT_FAILED);
});
