/** Where everything lies in an instance's directory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Layout {
  readonly directory: string;
  /** Who runs here, for whoever finds the directory (`ProcessRecord`). */
  readonly processRecord: string;
  /** What keeps the agent from connecting to a broker, for whoever finds the directory (`ConnectionProblem`). */
  readonly connectionProblem: string;
  /** Last desired document. */
  readonly desired: string;
  /** Last topologies, for a load balancer. */
  readonly topologies: string;
  /** Last certificates, for a load balancer. */
  readonly certificates: string;
  /** How far the logs of this instance have been sent. */
  readonly logPositions: string;
  readonly releases: string;
  /** Symbolic link to the tree that the application runs from. */
  readonly current: string;
  readonly downloads: string;
  readonly logs: string;
  /** That a task's command was begun, and what became of it. */
  readonly taskBegun: string;
  readonly taskResult: string;
  /** Key-values that the application reads while it runs. */
  readonly metadata: string;
  /** `HOME` of the application and its hooks. */
  readonly home: string;
}

export function layoutOf(directory: string): Layout {
  return {
    directory,
    processRecord: join(directory, 'agent.json'),
    connectionProblem: join(directory, 'connection.json'),
    desired: join(directory, 'state/desired.json'),
    topologies: join(directory, 'state/topologies.json'),
    certificates: join(directory, 'state/certificates.json'),
    logPositions: join(directory, 'state/logs.json'),
    releases: join(directory, 'releases'),
    current: join(directory, 'current'),
    downloads: join(directory, 'downloads'),
    logs: join(directory, 'logs'),
    taskBegun: join(directory, 'state/task.json'),
    taskResult: join(directory, 'result.json'),
    metadata: join(directory, 'metadata.json'),
    home: join(directory, 'home'),
  };
}

/** Creates the folders; everything in them is the instance's own (0700). */
export function createLayout(layout: Layout): void {
  for (const folder of [join(layout.directory, 'state'), layout.releases, layout.downloads, layout.logs, layout.home]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}
