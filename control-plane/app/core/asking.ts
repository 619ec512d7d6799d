/** What people and programs can ask of the app, over its parts. */
import { Apply } from '../apply/apply.ts';
import type { AuditTrail } from '../audit/trail.ts';
import { authenticate } from '../ask/authenticate.ts';
import { Backtests } from '../backtests/backtests.ts';
import { recordedReader } from '../backtests/read-recorded.ts';
import { createFeeds } from '../ask/feeds.ts';
import { createMutations } from '../ask/mutations.ts';
import { createQueries } from '../ask/queries.ts';
import { readHistory } from '../history/read.ts';
import { OverviewBoard } from '../overview/board.ts';
import { Notices } from '../notices/notices.ts';
import { RepositoryChecks } from '../repositories/repository-checks.ts';
import type { ReadinessCheck } from '../ports/platform.ts';
import { SignInCodes } from '../sessions/codes.ts';
import { Sessions } from '../sessions/sessions.ts';
import { TokenWatch } from '../tenants/token-watch.ts';
import type { UseCases } from '../use-cases.ts';
import { WebhookReceiver } from '../webhooks/receiver.ts';
import type { Acting } from './acting.ts';
import type { Ground } from './ground.ts';
import type { CoreOptions } from './options.ts';
import type { Taking } from './taking.ts';

interface AskingParts {
  readonly trail: AuditTrail;
  readonly ground: Ground;
  readonly acting: Acting;
  readonly taking: Taking;
  readonly opened: Promise<void>;
  readonly checks: readonly ReadinessCheck[];
  /** When everything was read and begun; null before. */
  readonly startedAt: () => number | null;
}

/** `opened` resolves when what is wanted and what runs has been read. */
export function createAsking(
  options: CoreOptions,
  { trail, ground, acting, taking, opened, checks, startedAt }: AskingParts,
): {
  readonly useCases: UseCases;
  readonly tokenWatch: TokenWatch;
  readonly webhooks: WebhookReceiver;
  readonly notices: Notices;
  readonly backtests: Backtests;
  readonly overview: OverviewBoard;
} {
  const { store, vault, provider, fetcher, artifacts, buildLogs, logs, clock, newUid } = options;
  const { freeze, markDirty, releases, tenantRemoval, keeper, pipeline, poller } = acting;
  const {
    now,
    fleet,
    events,
    publisher,
    quotas,
    hooks,
    tasks,
    historyStore,
    diskWatch,
    collectionGate,
    hostClusters,
    placer,
    hosts,
  } = ground;
  const tokenWatch = new TokenWatch(store.tokens, clock);
  const codes = new SignInCodes();
  const exclusively: typeof keeper.exclusively = (tenants, work) => keeper.exclusively(tenants, work);
  const notices = new Notices({
    ...{ store, vault, events, transport: options.noticeTransport, clock, random: options.random },
    count: (result) => options.metrics.noticeSent(result),
    logger: options.logger,
  });
  const overview = new OverviewBoard({
    ...{ fleet, freeze, hosts, events, poller, history: taking.history, logger: options.logger, clock },
  });
  const { access, rules } = options.hostClusters;
  const backtests = new Backtests({ clock, logger: options.logger });
  const unrecorded: Omit<UseCases, 'audited'> = {
    queries: createQueries({
      quotas,
      store,
      vault,
      fleet,
      events,
      logs,
      drains: taking.drains,
      notices,
      hostClusters,
      placer,
      hosts,
      history: (cluster, question) => readHistory(historyStore, taking.history, cluster, question),
      freeze,
      preview: acting.preview,
      backtests,
      runtimes: options.runtimes,
      tokenRenewal: acting.tokenRenewal,
      poller,
      repositories: new RepositoryChecks({ store, vault, fleet, fetcher, disk: diskWatch, clock }),
      provider,
      publicUrl: options.publicUrl,
      publicHost: options.publicHost,
      now,
      platform: {
        ...{ store, fleet, program: options.program, checks, messaging: options.messaging, startedAt, clock },
        ...{ isBrokerOutside: options.isBrokerOutside, fence: options.fence, disk: diskWatch },
        limitedLogLines: () => taking.logIngest.droppedLines,
      },
    }),
    mutations: createMutations({
      store,
      vault,
      fleet,
      apply: new Apply({
        ...{ store, vault, fetcher, fleet, keeper, quotas, provider, events, now, newUid, clock },
        runtimes: options.runtimes,
        origin: (tenant, git) => poller.origin(tenant, git),
      }),
      keeper,
      pipeline,
      poller,
      releases,
      hooks,
      tasks,
      metadataVersions: ground.metadataVersions,
      backtests,
      backtestRunner: options.backtestRunner,
      readRecorded: recordedReader({
        ...{ store: historyStore, recorder: taking.history },
        pause: () => new Promise((resolve) => void clock.setTimeout(resolve, 0)),
      }),
      provider,
      room: (needs) => provider.room(needs),
      artifacts,
      publisher,
      events,
      quotas,
      freeze,
      disk: diskWatch,
      notices,
      hostClusters,
      access,
      rules,
      clock,
      noticeTransport: options.noticeTransport,
      codes,
      publicUrl: options.publicUrl,
      gate: collectionGate,
      tenants: { store, fleet, events, watch: tokenWatch, removal: tenantRemoval, exclusively, now, newUid },
      markDirty,
      now,
      newUid,
    }),
    feeds: createFeeds({
      ...{ store, vault, fleet, events, pipeline, buildLogs, logs, hostClusters, taskProvider: options.tasks },
      ...{ overview, clock, backtests },
    }),
    // Whoever asks while what is wanted and what runs is still being read waits: an answer from half of it would be wrong.
    authenticate: async (token) => {
      const principal = await authenticate(store, token, now());
      if (principal !== undefined) await opened;
      return principal;
    },
    sessions: new Sessions({ store, vault, codes, watch: tokenWatch, clock, opened }),
    followToken: (principal, onEnd) => tokenWatch.follow(principal, onEnd),
    idempotent: (principal, question, work) => store.idempotent({ ...question, scope: principal.token }, work),
  };
  const useCases: UseCases = {
    ...unrecorded,
    mutations: trail.over(unrecorded.mutations),
    audited: (principal, request, work) => trail.run(principal, request, work),
  };
  const webhooks = new WebhookReceiver({ store, vault, fleet, events, poller, opened, now });
  return { useCases, tokenWatch, webhooks, notices, backtests, overview };
}
