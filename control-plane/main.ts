/** The composition root: constructs every adapter, wires them to the app, and owns their end. Nothing else does. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import express from 'express';
import type { Logger } from 'pino';
import { newUid } from '../schema/ids.ts';
import { createArtifactStore } from './adapters/artifacts/store.ts';
import { checkRestored, removeScratch } from './adapters/backup/restore.ts';
import { writeBackup } from './adapters/backup/write.ts';
import { createEmbeddedBroker } from './adapters/broker/broker.ts';
import { createBuildLogs } from './adapters/builder/build-logs.ts';
import { createBuilder } from './adapters/builder/builder.ts';
import { createBuildFolders } from './adapters/builder/folders.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { lockDataFolder } from './adapters/database/data-folder-lock.ts';
import type { DatabaseStore } from './adapters/database/store.ts';
import { createSourceFetcher } from './adapters/git/fetcher.ts';
import { instanceRoutes } from './adapters/http/artifact-routes.ts';
import { healthRoutes } from './adapters/http/health.ts';
import { backupRoutes, type BackupRouteOptions } from './adapters/http/backup-routes.ts';
import { indexRoutes } from './adapters/http/index-routes.ts';
import { standbyAnswers } from './adapters/http/standby.ts';
import { requestMetrics } from './adapters/http/request-metrics.ts';
import { createMetrics, type PrometheusMetrics } from './adapters/http/metrics.ts';
import { uploadRoutes } from './adapters/http/upload-routes.ts';
import { NetworkGuard } from './adapters/drains/network-guard.ts';
import { FileDrainPositions } from './adapters/drains/positions.ts';
import { createDrainTransports } from './adapters/drains/transports.ts';
import { SegmentLog } from './adapters/logs/segment-log.ts';
import { createMqttMessaging } from './adapters/mqtt/messaging.ts';
import { findFreePort } from './adapters/process/ports.ts';
import { createProcessProvider } from './adapters/process/provider.ts';
import { InstanceAccess } from './app/instance-access.ts';
import { createCore, type Core } from './app/core.ts';
import { CartwrightError } from './app/errors.ts';
import { inUrl, reachable } from './app/hosts.ts';
import { messagingWhileHolding, providerWhileHolding, type MayAct } from './app/while-holding.ts';
import type { ArtifactStore } from './app/ports/artifacts.ts';
import type { Messaging } from './app/ports/messaging.ts';
import { RateLimiter } from './app/rate-limiter.ts';
import { DEFAULT_QUOTA } from './app/tenants/quota.ts';
import { ensureAdminToken, ensureTenant, installCartridges } from './bootstrap.ts';
import { openVault } from './open-vault.ts';
import { versionOf } from './backups.ts';
import type { Config } from './config.ts';
import { boundRest } from './graphql/read-body.ts';
import { createGraphQL, type GraphQLEndpoint } from './graphql/server.ts';
import { openState } from './open-state.ts';

export interface StartOptions {
  readonly config: Config;
  /** Folder that holds `cartridges/`, and the bundles below `dist/`. */
  readonly packageDirectory: string;
  readonly logger: Logger;
  /** Called once, when the admin token is made; the token is told to nobody else. */
  readonly onAdminToken: (url: string, token: string) => Promise<void>;
  /** Ends the waiting for a lease that another control plane holds. */
  readonly signal: AbortSignal;
  /** Puts something around each port before the app gets it, such as what ends the program at a chosen write; nothing if absent. */
  readonly around?: Around;
}

/** Returns the port, or one that behaves as it. */
export type Around = <P extends object>(name: PortName, port: P) => P;
export type PortName = 'store' | 'artifacts' | 'buildFolders' | 'fetcher' | 'builder' | 'provider' | 'messaging';

export interface ControlPlane {
  readonly url: string;
  /** Resolves when another control plane has taken over: nothing of this one counts any more, and it is best ended at once. */
  readonly lost: Promise<CartwrightError>;
  /** Stops deciding and answering; every instance goes on. Safe to call twice. */
  close(): Promise<void>;
}

/** From the first byte of a request to its last: a large tree over a slow line. */
const REQUEST_TIMEOUT_MILLISECONDS = 600_000;
const RETENTION_MILLISECONDS = 3_600_000;

const answerStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end('{"error":{"code":"NOT_READY","message":"the control plane is starting; ask again in a moment"}}');
};

/** What has to be closed, in the reverse order of its making. */
class Owned {
  readonly #closers: { name: string; close: () => Promise<unknown> }[] = [];

  add<T extends { close(): Promise<unknown> }>(name: string, owned: T): T {
    this.#closers.push({ name, close: () => owned.close() });
    return owned;
  }

  async close(logger: Logger): Promise<void> {
    for (const { name, close } of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        logger.error({ error, part: name }, 'a part did not close cleanly');
      }
    }
  }
}

/** Starts a control plane. Throws `CartwrightError` with one clear line when it can't; nothing is left open then. */
export async function startControlPlane(options: StartOptions): Promise<ControlPlane> {
  const owned = new Owned();
  try {
    return await start(options, owned);
  } catch (error) {
    await owned.close(options.logger);
    throw error;
  }
}

async function start(options: StartOptions, owned: Owned): Promise<ControlPlane> {
  const { config, logger, packageDirectory, around = (_name, port) => port } = options;
  const now = (): number => systemClock.now();
  const data = config.dataDirectory;
  const isShared = config.database.kind === 'postgres';
  owned.add('data folder lock', await lockDataFolder(data, isShared ? 'shared' : 'alone'));
  checkRestored(data);
  if (!isShared) await removeScratch(data);

  // Connections are taken from the first moment on; until everything is there the answer is that it is not.
  const front: { handle: RequestListener } = { handle: answerStarting };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MILLISECONDS }, (request, response) =>
    front.handle(request, response),
  );
  const port = await listen(server, config.http.host, config.http.port);
  owned.add('http server', { close: () => closeServer(server) });
  const url = `http://${inUrl(reachable(config.http.host))}:${port}`;

  const holder = newUid(now());
  const state = await openState({
    config,
    now,
    logger,
    holder,
    own: (name, one) => owned.add(name, one),
    onStandby: (by) => (front.handle = standbyAnswers(by)),
    signal: options.signal,
  });
  const { fence, mayAct, lost } = state;
  const store = around('store', state.store);
  front.handle = answerStarting;
  // Owned again: it ends before the store, and also when there is no store yet.
  owned.add('http server', { close: () => closeServer(server) });
  const vault = await openVault(store, config.keyFile, logger, now());
  await installCartridges(store, join(packageDirectory, 'cartridges'), now(), logger);
  await ensureTenant(store, now());

  const metrics = createMetrics();
  const artifacts = around('artifacts', await createArtifactStore({ directory: join(data, 'artifacts') }));
  const buildLogs = owned.add('build logs', await createBuildLogs(join(data, 'build-logs')));
  const logs = owned.add(
    'application logs',
    new SegmentLog({
      directory: join(data, 'logs'),
      tenantBytes: async (tenant) =>
        (await store.tenants.find({ name: tenant }))[0]?.quota.logBytes ?? DEFAULT_QUOTA.logBytes,
      onFailure: (error) => logger.error({ error }, 'log lines could not be written'),
    }),
  );
  const fetcher = owned.add(
    'git',
    createSourceFetcher({
      cacheDirectory: join(data, 'git'),
      allowedHosts: config.git.hosts,
      allowedFileRoots: config.git.fileRoots,
    }),
  );
  const provider = owned.add(
    'provider',
    await createProcessProvider({
      dataDirectory: data,
      agentProgram: join(packageDirectory, 'dist/agent/agent.mjs'),
      nodeProgram: process.execPath,
      portRange: config.instancePorts,
      listenHost: '127.0.0.1',
      publicListenHost: config.publicListenHost,
      memoryShare: 0.75,
      ...(process.env.PATH === undefined ? {} : { searchPath: process.env.PATH }),
      mayAct,
      onProblem: (error) => logger.error({ error }, 'the process provider met a problem'),
    }),
  );
  const access = new InstanceAccess(store, vault);
  const { messaging: broker, brokers } = await connectBroker(config, access, holder, { logger, metrics, now });
  const messaging = around('messaging', owned.add('broker', broker));

  const core = createCore({
    store,
    vault,
    provider: providerWhileHolding(around('provider', provider), mayAct),
    messaging: messagingWhileHolding(messaging, mayAct),
    fetcher: around('fetcher', fetcher),
    artifacts,
    builder: around('builder', createBuilder()),
    buildLogs,
    logs,
    drains: {
      transports: createDrainTransports(new NetworkGuard(config.logs.drainHosts)),
      positions: new FileDrainPositions(join(data, 'drains')),
    },
    metrics,
    logger,
    fence,
    brokers,
    isBrokerOutside: config.broker.kind === 'outside',
    tenantLogBytesPerSecond: config.logs.tenantBytesPerSecond,
    controlPlaneUrl: `${url}/instance/v1`,
    publicHost: config.publicHost,
    findPublicPort: (taken) => findFreePort(config.publicPorts, config.publicListenHost, taken),
    gitPollSeconds: config.git.pollSeconds,
    buildFolders: around('buildFolders', await createBuildFolders(join(data, 'builds'))),
    clock: systemClock,
    newUid,
    random: Math.random,
  });
  await ensureAdminToken(store, (token) => options.onAdminToken(url, token), now());
  const rates = new RateLimiter(
    config.api.rates,
    () => systemClock.monotonic(),
    (reason) => metrics.apiRefused(reason),
  );
  const graphql = owned.add(
    'graphql',
    await createGraphQL({ useCases: core.useCases, logger, rates, origins: config.api.origins }),
  );
  const version = await versionOf(packageDirectory);
  front.handle = routes({
    core,
    store,
    logs,
    messaging,
    artifacts,
    metrics,
    graphql,
    rates,
    access,
    logger,
    mayAct,
    version,
    takeBackup: (into) =>
      writeBackup(
        {
          dataDirectory: data,
          snapshot: (file) => store.snapshot(file),
          version,
          keyReference: vault.currentKey ?? null,
          now: now(),
        },
        into,
      ),
  });
  graphql.attachWebSocket(server);
  owned.add('core', core);
  await core.start();
  owned.add('retention', keepRetention(store, logs, logger, now));
  logger.info({ url, data }, 'the control plane is ready');
  return { url, lost, close: () => owned.close(logger) };
}

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
  readonly logger: Logger;
  readonly mayAct: MayAct;
  readonly version: string;
  readonly takeBackup: BackupRouteOptions['take'];
}

function routes({
  core,
  store,
  logs,
  messaging,
  artifacts,
  metrics,
  graphql,
  rates,
  access,
  logger,
  mayAct,
  version,
  takeBackup,
}: Mounted): RequestListener {
  metrics.setSources({
    instancesByState: () => core.fleet.instancesByState(),
    storeQueueLength: () => store.queueLength,
    brokerConnected: () => messaging.isConnected,
    droppedLogLines: () => logs.droppedLines + core.droppedLogLines,
  });
  const app = express().disable('x-powered-by').use(boundRest).use(requestMetrics(metrics));
  const broker = async (): Promise<void> => {
    if (!messaging.isConnected) throw new Error('the broker is not reached');
  };
  app.use(
    healthRoutes(
      [
        { name: 'database', check: () => store.ping() },
        { name: 'lease', check: async () => mayAct() },
        { name: 'broker', check: broker },
        { name: 'core', check: () => core.ready() },
      ],
      metrics,
    ),
  );
  app.use(
    '/instance/v1',
    instanceRoutes({
      artifacts,
      authenticateInstance: (token) => access.byToken(token),
      mayRead: (identity, digest) => access.mayRead(identity, digest),
      releaseConfiguration: (identity, release) => access.releaseConfiguration(identity, release),
      releaseSecrets: (identity, release) => access.releaseSecrets(identity, release),
    }),
  );
  app.use('/graphql', graphql.router);
  app.use(uploadRoutes({ useCases: core.useCases, rates, logger }));
  app.use(backupRoutes({ useCases: core.useCases, take: takeBackup, logger }));
  app.use(indexRoutes({ version }));
  return app;
}

/** The embedded broker, or the connection to an outside one, and the URLs at which agents reach it. */
async function connectBroker(
  config: Config,
  access: InstanceAccess,
  holder: string,
  { logger, metrics, now }: { logger: Logger; metrics: PrometheusMetrics; now: () => number },
): Promise<{ messaging: Messaging; brokers: readonly string[] }> {
  const { broker } = config;
  if (broker.kind === 'embedded') {
    const embedded = await createEmbeddedBroker({
      host: broker.host,
      port: broker.port,
      allowPlaintext: true,
      authenticate: (instance, token) => access.identify(instance, token),
      onReject: ({ reason }) => metrics.brokerRefusal(reason),
      logger,
      now,
    });
    return { messaging: embedded, brokers: [`mqtt://${inUrl(reachable(broker.host))}:${embedded.port}`] };
  }
  const password = broker.passwordFile === undefined ? undefined : (await readFile(broker.passwordFile, 'utf8')).trim();
  const messaging = createMqttMessaging({
    url: broker.url,
    clientId: `cartwright-${holder}`,
    logger,
    ...(broker.username === undefined ? {} : { username: broker.username }),
    ...(password === undefined ? {} : { password }),
    ...(broker.caFile === undefined ? {} : { caFile: broker.caFile }),
  });
  return { messaging, brokers: [broker.url] };
}

/** Removes what is older than its time, hourly. */
function keepRetention(
  store: DatabaseStore,
  logs: SegmentLog,
  logger: Logger,
  now: () => number,
): { close(): Promise<void> } {
  let pruning: Promise<unknown> = Promise.resolve();
  const prune = (): void => {
    pruning = Promise.all([store.prune(now()), logs.prune(now())]).catch((error: unknown) =>
      logger.error({ error }, 'old records could not be removed; it is tried again in an hour'),
    );
  };
  const timer = setInterval(prune, RETENTION_MILLISECONDS);
  return {
    async close() {
      clearInterval(timer);
      await pruning;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(
        new CartwrightError(
          inUse ? 'HTTP_PORT_IN_USE' : 'HTTP_LISTEN_FAILED',
          inUse
            ? `port ${port} on ${host} is in use by another program; stop it, or set CARTWRIGHT_HTTP_PORT to another port`
            : `can't listen on ${host}:${port}: ${error.message}; set CARTWRIGHT_HTTP_HOST and CARTWRIGHT_HTTP_PORT`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
