/** `agent.mjs --artifact-server`: the server of a tenant's artifacts inside a host cluster. */
import { readToken } from '../config/instance.ts';
import { believe } from '../identity/authorities.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { Filling } from './filling.ts';
import { ArchiveServer } from './server.ts';
import type { ArtifactServerSettings } from './settings.ts';
import { Shelf } from './shelf.ts';

export class ArtifactServer {
  readonly #filling: Filling;
  readonly #server: ArchiveServer;
  readonly #log: AgentLog;

  constructor(settings: ArtifactServerSettings, log: AgentLog) {
    believe([settings.authoritiesFile]);
    this.#log = log;
    const shelf = shelfOf(settings, log);
    this.#filling = new Filling({ settings, shelf, log });
    this.#server = new ArchiveServer({
      ...{ port: settings.port, shelf, log },
      token: () => readToken(settings.tokenFile),
      onMissing: () => this.#filling.hurry(),
    });
  }

  async start(): Promise<void> {
    this.#log('info', 'artifacts are served', { port: await this.#server.open() });
    this.#filling.start();
  }

  async close(): Promise<void> {
    await Promise.all([this.#filling.close(), this.#server.close()]);
  }
}

/** Not every kind of storage gives a volume to the pod's group: folders of a node, for one, remain root's. */
function shelfOf({ directory, spareDirectory }: ArtifactServerSettings, log: AgentLog): Shelf {
  try {
    return new Shelf(directory);
  } catch (error) {
    const reason = (error as Error).message;
    const message =
      'the volume cannot be written, so artifacts are kept no longer than this pod; choose another storage class';
    log('warn', message, { directory, reason, keptIn: spareDirectory });
    return new Shelf(spareDirectory);
  }
}
