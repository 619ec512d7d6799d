/** Entry of the agent: `node agent.mjs --config DIRECTORY/instance.json`. */
import { configurationPath, loadConfiguration, type AgentConfiguration } from './config/instance.ts';
import { ConfigurationError } from './config/errors.ts';
import { readSettings } from './config/settings.ts';
import { Agent } from './agent.ts';
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

function agentFor(configuration: AgentConfiguration): Pick<Agent, 'start' | 'signal' | 'close'> {
  const { task } = configuration.document;
  const common = { log, path: process.env.PATH ?? DEFAULT_PATH, onTerminated: () => process.exit(0) };
  if (task !== undefined) return new TaskAgent({ ...common, configuration, task });
  const agent = new Agent({ ...common, configuration, inventoryProgram: inventoryProgram(import.meta.url) });
  ownLines = (line) => agent.say(line);
  return agent;
}

async function main(): Promise<void> {
  const path = configurationPath(process.argv.slice(2), process.env);
  const configuration = loadConfiguration(path, readSettings(process.env));
  const agent = agentFor(configuration);
  process.on('SIGTERM', () => agent.signal('SIGTERM'));
  process.on('SIGINT', () => agent.signal('SIGINT'));
  // The terminal or control plane that started the agent may end; the instance does not.
  process.on('SIGHUP', () => undefined);
  const fail = (error: unknown) => {
    log('error', 'the agent failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    void agent.close().finally(() => process.exit(EXIT_FAILED));
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  await agent.start();
}

main().catch((error: unknown) => {
  const isConfiguration = error instanceof ConfigurationError;
  process.stderr.write(`cartwright-agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isConfiguration ? EXIT_CONFIGURATION : EXIT_FAILED);
});
