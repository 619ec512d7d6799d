/** The composition root: constructs every adapter, wires them to the app, and owns their end. Nothing else does. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { newUid } from '../schema/ids.ts';
import { createArtifactStore } from './adapters/artifacts/store.ts';
import { checkRestored, removeScratch } from './adapters/backup/restore.ts';
import { writeBackup } from './adapters/backup/write.ts';
import { createBuildLogs } from './adapters/builder/build-logs.ts';
import { createBuilder } from './adapters/builder/builder.ts';
import { createBuildFolders } from './adapters/builder/folders.ts';
import { CartridgeVersions } from './adapters/cartridges/versions.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { lockDataFolder } from './adapters/database/data-folder-lock.ts';
import { diskOf } from './adapters/disk/disk.ts';
import { createSourceFetcher } from './adapters/git/fetcher.ts';
import { readConsoleFiles } from './adapters/http/console-files.ts';
import { standbyAnswers } from './adapters/http/standby.ts';
import { createMetrics } from './adapters/http/metrics.ts';
import { drainGuard } from './adapters/drains/guard.ts';
import { FileDrainPositions } from './adapters/drains/positions.ts';
import { createDrainTransports } from './adapters/drains/transports.ts';
import { hostClusterAccessOnDemand } from './adapters/kubernetes/host-clusters/on-demand.ts';
import { SegmentLog } from './adapters/logs/segment-log.ts';
import { createNoticeTransport } from './adapters/notices/transport.ts';
import { findFreePort } from './adapters/process/ports.ts';
import { ArtifactServerAccess } from './app/artifact-servers.ts';
import { InstanceAccess } from './app/instance-access.ts';
import { createCore } from './app/core.ts';
import type { CartwrightError } from './app/errors.ts';
import type { HostClusterStatus } from './app/host-clusters/status.ts';
import { inUrl, reachable } from './app/hosts.ts';
import { messagingWhileHolding, providerWhileHolding, tasksWhileHolding } from './app/while-holding.ts';
import { RateLimiter } from './app/rate-limiter.ts';
import { DEFAULT_QUOTA } from './app/tenants/quota.ts';
import { ensureAdminToken, ensureTenant, forgetLostCartridges, installCartridges, tellUnusable } from './bootstrap.ts';
import type { Around } from './around.ts';
import { brokerAuthority, openBroker } from './open-broker.ts';
import { openProvider, openRuntimes } from './open-provider.ts';
import { openTenants } from './open-tenants.ts';
import { openVault } from './open-vault.ts';
import { versionOf } from './backups.ts';
import { routes } from './http-routes.ts';
import { answerStarting, openHttpServer } from './http-server.ts';
import { Owned } from './owned.ts';
import { keepRetention } from './retention.ts';
import type { Config } from './config.ts';
import { createGraphQL } from './graphql/server.ts';
import { openState } from './open-state.ts';
import { platformId } from './platform-id.ts';
import { BacktestThreads } from './simulation/backtest/threads.ts';

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

export interface ControlPlane {
  readonly url: string;
  /** Resolves when another control plane has taken over: nothing of this one counts any more, and it is best ended at once. */
  readonly lost: Promise<CartwrightError>;
  /** Stops deciding and answering; every instance goes on. Safe to call twice. */
  close(): Promise<void>;
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
  const http = owned.add('http server', await openHttpServer(config.http.host, config.http.port));
  const { front } = http;
  const url = `http://${inUrl(reachable(config.http.host))}:${http.port}`;

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
  owned.add('http server', http);
  const vault = await openVault(store, config.keyFile, logger, now());
  const cartridges = join(packageDirectory, 'cartridges');
  const runtimes = await openRuntimes(config);
  const artifacts = around('artifacts', await createArtifactStore({ directory: join(data, 'artifacts') }));
  const versions = new CartridgeVersions({
    directory: join(data, 'cartridges'),
    artifacts,
    bundles: join(packageDirectory, 'dist/cartridges'),
  });
  await versions.open();
  const install = (): Promise<void> => installCartridges(store, cartridges, versions, { now: now(), logger });
  await install();
  await forgetLostCartridges(store, cartridges, logger);
  await tellUnusable(store, runtimes, logger);
  await ensureTenant(store, now());

  const metrics = createMetrics();
  const buildLogs = owned.add('build logs', await createBuildLogs(join(data, 'build-logs')));
  const logs = owned.add(
    'application logs',
    new SegmentLog({
      directory: join(data, 'logs'),
      tenantBytes: async (tenant) =>
        (await store.tenants.find({ name: tenant }))[0]?.quota.logBytes ?? DEFAULT_QUOTA.logBytes,
      minimumFreeShare: config.minimumFreeDiskShare,
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
  const users = config.tenantUsers && (await openTenants(data, config.tenantUsers, store));
  const authority = await brokerAuthority(config, logger, now());
  let statusOf = (_hostCluster: string): HostClusterStatus => ({ kind: 'unknown' });
  const { provider, tasks, pods, taskInbox, buildJobs } = await openProvider({
    ...{ config, packageDirectory, store, vault, mayAct, logger, owned, authority, users },
    statusOf: (hostCluster) => statusOf(hostCluster),
  });
  // What lies in a file of the same machine is replaced by nobody but this control plane; pods ask by themselves.
  const lifetimeMilliseconds = pods === undefined ? null : config.instanceTokenSeconds * 1000;
  const tokenTimes = { lifetimeMilliseconds, graceMilliseconds: config.tokenGraceSeconds * 1000 };
  const access = new InstanceAccess(store, vault, now, tokenTimes);
  const broker = await openBroker({ authority, config, access, holder, mayAct, logger, metrics, now, around });
  const messaging = around('messaging', owned.add('broker', broker.messaging));
  owned.add('broker accounts', broker);

  const core = createCore({
    store,
    vault,
    provider: providerWhileHolding(around('provider', provider), mayAct),
    tasks: tasksWhileHolding(around('tasks', tasks), mayAct),
    messaging: messagingWhileHolding(messaging, mayAct),
    accounts: around('accounts', broker.accounts),
    fetcher: around('fetcher', fetcher),
    artifacts,
    builder: around('builder', buildJobs?.builder ?? createBuilder(users ? { users } : {})),
    buildLogs,
    logs,
    drains: {
      transports: createDrainTransports(drainGuard(config.logs.drainHosts)),
      positions: new FileDrainPositions(join(data, 'drains')),
    },
    noticeTransport: createNoticeTransport({ allowed: config.noticeHosts, now }),
    hostClusters: {
      access: hostClusterAccessOnDemand(() => platformId(store)),
      rules: config.hostClusters,
      probeImage: config.hostClusters.probeImage,
    },
    ...(pods === undefined ? {} : { pods }),
    backtestRunner: new BacktestThreads(),
    metrics,
    logger,
    fence,
    brokers: broker.urls,
    isBrokerOutside: config.broker.kind === 'outside',
    tenantLogBytesPerSecond: config.logs.tenantBytesPerSecond,
    controlPlaneUrl: `${url}/instance/v1`,
    publicHost: config.publicHost,
    findPublicPort: (taken) => findFreePort(config.publicPorts, config.publicListenHost, taken),
    refreshCartridges: install,
    runtimes,
    publicUrl: config.publicUrl,
    tokenTimes,
    gitPollSeconds: config.git.pollSeconds,
    disk: diskOf(data),
    minimumFreeDiskShare: config.minimumFreeDiskShare,
    maximumArchiveBytes: config.maximumArchiveBytes,
    cacheBounds: config.cacheBounds,
    buildFolders: around('buildFolders', await createBuildFolders(join(data, 'builds'))),
    clock: systemClock,
    newUid,
    random: Math.random,
  });
  statusOf = (hostCluster) => core.hostClusters.status(hostCluster);
  await ensureAdminToken(store, (token) => options.onAdminToken(url, token), now());
  const rates = new RateLimiter(
    config.api.rates,
    () => systemClock.monotonic(),
    (reason) => metrics.apiRefused(reason),
  );
  const version = await versionOf(packageDirectory);
  const publicOrigin = config.publicUrl === null ? null : new URL(config.publicUrl).origin;
  const graphql = owned.add(
    'graphql',
    await createGraphQL({ useCases: core.useCases, logger, rates, origins: config.api.origins, publicOrigin, version }),
  );
  const consoleFiles = await readConsoleFiles(join(packageDirectory, 'dist/control-plane/console'));
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
    ...(taskInbox === undefined ? {} : { taskInbox }),
    ...(buildJobs === undefined ? {} : { buildJobs }),
    artifactServers: new ArtifactServerAccess(store, vault),
    logger,
    mayAct,
    version,
    ...(consoleFiles === undefined ? {} : { consoleFiles }),
    publicOrigin,
    takeBackup: (into) =>
      core.whileNothingIsCollected(() =>
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
      ),
  });
  graphql.attachWebSocket(http.server);
  owned.add('core', core);
  await core.start();
  owned.add('retention', keepRetention(store, logs, logger, now));
  logger.info({ url, data }, 'the control plane is ready');
  return { url, lost, close: () => owned.close(logger) };
}
