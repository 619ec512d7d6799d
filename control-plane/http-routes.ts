/** What is answered over HTTP, and by whom. */
import type { RequestListener } from 'node:http';
import express from 'express';
import type { Logger } from 'pino';
import { BUILD_PATH } from '../schema/agent/build.ts';
import { TASK_PATH } from '../schema/agent/task.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import type { DatabaseStore } from './adapters/database/store.ts';
import { artifactServerRoutes } from './adapters/http/artifact-server-routes.ts';
import { instanceRoutes } from './adapters/http/artifact-routes.ts';
import { backupRoutes, type BackupRouteOptions } from './adapters/http/backup-routes.ts';
import type { ConsoleFiles } from './adapters/http/console-files.ts';
import { consoleRoutes } from './adapters/http/console-routes.ts';
import { healthRoutes } from './adapters/http/health.ts';
import { identityRoutes } from './adapters/http/identity-routes.ts';
import { indexRoutes } from './adapters/http/index-routes.ts';
import type { PrometheusMetrics } from './adapters/http/metrics.ts';
import { requestMetrics } from './adapters/http/request-metrics.ts';
import { buildRoutes } from './adapters/http/build-routes.ts';
import { sessionRoutes } from './adapters/http/session-routes.ts';
import { taskRoutes } from './adapters/http/task-routes.ts';
import { uploadRoutes } from './adapters/http/upload-routes.ts';
import { webhookRoutes } from './adapters/http/webhook-routes.ts';
import type { SegmentLog } from './adapters/logs/segment-log.ts';
import type { Core } from './app/core/options.ts';
import type { ArtifactServerAccess } from './app/artifact-servers.ts';
import type { InstanceAccess } from './app/instance-access.ts';
import type { ArtifactStore } from './app/ports/artifacts.ts';
import type { Messaging } from './app/ports/messaging.ts';
import type { TaskInbox } from './app/ports/tasks.ts';
import type { RateLimiter } from './app/rate-limiter.ts';
import type { BuildJobs } from './open-provider.ts';
import { boundRest } from './graphql/read-body.ts';
import type { GraphQLEndpoint } from './graphql/server.ts';

interface Mounted {
  readonly core: Core;
  readonly store: DatabaseStore;
  readonly logs: SegmentLog;
  readonly messaging: Messaging;
  readonly artifacts: ArtifactStore;
  readonly metrics: PrometheusMetrics;
  readonly graphql: GraphQLEndpoint;
  readonly rates: RateLimiter;
  readonly access: InstanceAccess;
  /** Absent: what tasks print is read where they run. */
  readonly taskInbox?: TaskInbox;
  /** Absent: builds run on this machine. */
  readonly buildJobs?: BuildJobs;
  readonly artifactServers: ArtifactServerAccess;
  readonly logger: Logger;
  readonly version: string;
  readonly takeBackup: BackupRouteOptions['take'];
  /** Absent: a build without a console. */
  readonly consoleFiles?: ConsoleFiles;
  /** That of the URL under which people reach the control plane; null where nobody said. */
  readonly publicOrigin: string | null;
}

/** Reading goes on from a database that takes no writes: both are asked about. */
export function routes({
  core,
  store,
  logs,
  messaging,
  artifacts,
  metrics,
  graphql,
  rates,
  access,
  taskInbox,
  buildJobs,
  artifactServers,
  logger,
  version,
  takeBackup,
  consoleFiles,
  publicOrigin,
}: Mounted): RequestListener {
  metrics.setSources({
    instancesByState: () => core.fleet.instancesByState(),
    storeQueueLength: () => store.queueLength,
    storeWritable: () => store.writeFailure === null,
    brokerConnected: () => messaging.isConnected,
    droppedLogLines: () => logs.droppedLines + core.droppedLogLines,
    disk: () => core.diskSpace,
    hostClusters: () => core.hostClusters.statuses(),
  });
  const app = express().disable('x-powered-by').use(boundRest).use(requestMetrics(metrics));
  app.use(healthRoutes(core.checks, metrics));
  app.use(identityRoutes({ exchange: core.exchangeIdentity, logger, monotonic: () => systemClock.monotonic() }));
  app.use(artifactServerRoutes({ access: artifactServers, artifacts }));
  app.use(
    '/instance/v1',
    instanceRoutes({
      artifacts,
      authenticateInstance: (token) => access.byToken(token),
      metadata: (identity) => access.metadata(identity),
      mayRead: (identity, digest) => access.mayRead(identity, digest),
      releaseConfiguration: (identity, release) => access.releaseConfiguration(identity, release),
      certificates: (identity) => access.certificates(identity),
      releaseSecrets: (identity, release) => access.releaseSecrets(identity, release),
    }),
  );
  if (taskInbox !== undefined)
    app.use(
      '/instance/v1',
      taskRoutes({ path: TASK_PATH, inbox: taskInbox, taskOf: (token) => access.taskByToken(token), logger }),
    );
  if (buildJobs !== undefined) {
    const { inbox, archives, byToken } = buildJobs;
    const taskOf = async (token: string) => (await byToken(token))?.build;
    app.use('/instance/v1', taskRoutes({ path: BUILD_PATH, inbox, taskOf, logger }));
    app.use('/instance/v1', buildRoutes({ archives, buildOf: byToken, logger }));
  }
  app.use('/graphql', graphql.router);
  app.use(uploadRoutes({ useCases: core.useCases, rates, logger }));
  app.use(
    sessionRoutes({
      ...{ useCases: core.useCases, publicOrigin, logger },
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic(),
    }),
  );
  app.use(webhookRoutes({ receiver: core.webhooks, metrics, logger, monotonic: () => systemClock.monotonic() }));
  app.use(backupRoutes({ useCases: core.useCases, take: takeBackup, logger }));
  if (consoleFiles !== undefined) app.use(consoleRoutes({ files: consoleFiles, publicOrigin }));
  app.use(indexRoutes({ version }));
  return app;
}
