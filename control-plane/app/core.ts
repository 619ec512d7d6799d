/**
 * The app as one: ingest, deciding, converging and the use cases, over the ports that it is given. Constructed by the
 * composition root; knows no adapter.
 */
import { AuditTrail } from './audit/trail.ts';
import { createActing } from './core/acting.ts';
import { allOf } from './core/all-of.ts';
import { createAsking } from './core/asking.ts';
import { createGround } from './core/ground.ts';
import type { Core, CoreOptions } from './core/options.ts';
import { createTaking } from './core/taking.ts';
import { isBlocking } from './apply/stored-manifest.ts';
import { createExchange } from './identity/exchange.ts';
import { restore } from './fleet/restore.ts';
import { readinessChecks } from './platform/checks.ts';

export function createCore(given: CoreOptions): Core {
  const { provider, messaging, logger } = given;
  const trail = new AuditTrail({
    store: given.store,
    now: () => given.clock.now(),
    newUid: given.newUid,
    onFailure: (error, records) => logger.error({ error, records }, 'an audit record could not be stored'),
  });
  const { store } = trail;
  const options: CoreOptions = { ...given, store };
  const ground = createGround(options);
  const { fleet, journal, publisher, diskWatch, tasks, hostClusters, agentTokens, now } = ground;
  const acting = createActing(options, ground);
  const {
    keeper,
    pipeline,
    collector,
    poller,
    blockades,
    expiryWatch,
    freeze,
    leftovers,
    silence,
    converge,
    decisions,
    loop,
    observer,
    tenantRemoval,
    tokenRenewal,
  } = acting;
  const taking = createTaking(options, ground, acting);
  const { meter, history, drains, ingest, logIngest } = taking;
  let startedAt: number | null = null;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isClosing = false;
  const ready = async (): Promise<void> => {
    if (startedAt === null) throw new Error('still reading what is wanted and what runs');
  };
  const checks = readinessChecks({ program: options.program, messaging, ready });
  const { useCases, tokenWatch, webhooks, notices, backtests, overview } = createAsking(options, {
    trail,
    ground,
    acting,
    taking,
    opened,
    checks,
    startedAt: () => startedAt,
  });

  return {
    fleet,
    useCases,
    webhooks,
    hostClusters,
    get droppedLogLines() {
      return logIngest.droppedLines;
    },
    get diskSpace() {
      return diskWatch.last;
    },
    exchangeIdentity: createExchange({
      ...{ store, fleet, hostClusters, pods: options.pods, tokens: agentTokens, logger, clock: options.clock },
      tasks,
      documentsBase: options.controlPlaneUrl,
      tokenTimes: options.tokenTimes,
    }),
    whileNothingIsCollected: (work) => collector.whilePaused(work),
    checks,
    ready,
    async start() {
      await restore({
        store,
        fleet,
        provider,
        keeper,
        journal,
        events: ground.events,
        vault: options.vault,
        logger,
        now,
      });
      await ground.metadataVersions.restore(store);
      await tasks.restore((cluster) => fleet.cluster(cluster)?.plan.spec.resources.memoryBytes ?? 0);
      // What a crash cut short: an application that was being deleted, a service cluster or a release that was not made yet.
      for (const application of [...fleet.applications.values()]) {
        if (fleet.blocked.has(application.uid)) continue;
        await keeper.keep(application).catch((error: unknown) => {
          if (isBlocking(error)) keeper.block(application, error);
          logger.error(
            { application: application.name, tenant: application.tenant, error },
            'an application could not be brought to its manifest; apply it again',
          );
        });
      }
      await freeze.restore();
      await diskWatch.start();
      await meter.restore();
      await history.restore();
      observer.start();
      await tokenRenewal.begin();
      options.accounts.keep(() => agentTokens.accounts());
      await messaging.start({
        // What the broker says of its own end (every agent's will) is no news of the agents.
        message: (message) => (isClosing ? undefined : ingest.message(message)),
        connected: () => {
          silence.waitAnew();
          publisher.forgetAll();
          void publisher.publishAll();
          leftovers.clear();
        },
        disconnected: (reason) =>
          logger.warn({ reason }, 'the broker is away; instances go on, reports and commands wait'),
      });
      // Which of them do not answer has to be known before anything is concluded from what is not seen there.
      hostClusters.start();
      await hostClusters.look();
      freeze.start();
      leftovers.start();
      tasks.start();
      loop.start();
      tokenRenewal.start();
      blockades.start();
      expiryWatch.start();
      poller.start();
      collector.start();
      meter.start();
      history.start();
      drains.start();
      notices.start();
      await pipeline.resume();
      await tenantRemoval.resume();
      startedAt = options.clock.now();
      open();
    },
    close: () => {
      isClosing = true;
      return allOf([
        async () => tokenWatch.close(),
        async () => overview.close(),
        () => options.backtestRunner.close(),
        () => backtests.close(),
        () => tenantRemoval.close(),
        () => collector.close(),
        () => poller.close(),
        () => drains.close(),
        () => notices.close(),
        () => hostClusters.close(),
        () => blockades.close(),
        () => tokenRenewal.close(),
        () => expiryWatch.close(),
        () => freeze.close(),
        () => leftovers.close(),
        () => diskWatch.close(),
        () => loop.close(),
        () => converge.close(),
        () => tasks.close(),
        () => pipeline.close(),
        () => observer.close(),
        () => meter.close(),
        () => history.close(),
        () => decisions.close(fleet.clusters()),
        // For the measured starts, which nothing else may have stored yet.
        () =>
          allOf(
            [...fleet.clusters()].map(
              ({ record }) =>
                () =>
                  store.clusters.save(record),
            ),
          ),
        () => journal.close(),
      ]);
    },
  };
}
