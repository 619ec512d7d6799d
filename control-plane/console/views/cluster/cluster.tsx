/** One service cluster: what it is doing, why, and how to stop it. */
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ChartController } from '../../chart/controller.ts';
import { decidingFactor } from '../../chart/factors.ts';
import type { Marked } from '../../chart/markers.ts';
import { ScalingChart } from '../../chart/scaling-chart.tsx';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { visible } from '../../components/visible.ts';
import { ClusterFollow } from '../../generated/operations.ts';
import { useSigned } from '../../live/context.tsx';
import { useLive } from '../../live/use-live.ts';
import { useTenantSearch } from '../../shell/tenant.ts';
import { historyOf } from './ask-history.ts';
import { Banners } from './banners.tsx';
import './cluster.css';
import { ClusterHead } from './cluster-head.tsx';
import { DecisionFeed } from './decisions/decision-feed.ts';
import type { Decision } from './decisions/decision-list.ts';
import { decisionHash, Decisions } from './decisions/decisions.tsx';
import { Figures } from './figures.tsx';
import { Scoreboard } from './forecasters.tsx';
import { Instances } from './instances.tsx';
import { useClusterRef, type ClusterRef } from './ref.ts';
import { RolloutNote } from './rollout-note.tsx';
import { sampleOf, sourceOf, type Snapshot } from './snapshot.ts';

export default function ServiceCluster(): ReactNode {
  const ref = useClusterRef();
  return <ClusterPage key={JSON.stringify(ref)} clusterRef={ref} />;
}

function ClusterPage({ clusterRef }: { readonly clusterRef: ClusterRef }): ReactNode {
  const tools = useTools(clusterRef);
  const { application, alias } = clusterRef;
  return (
    <div className="page cluster-page">
      <title>{`${alias} of ${application} · Cartwright`}</title>
      {tools === null ? <Waiting what="the service cluster" /> : <Followed clusterRef={clusterRef} {...tools} />}
    </div>
  );
}

interface Tools {
  readonly controller: ChartController;
  readonly feed: DecisionFeed;
}

/** Owned by the page: closed when it goes. */
function useTools(ref: ClusterRef): Tools | null {
  const { connection } = useSigned();
  const navigate = useNavigate();
  const [tools, setTools] = useState<Tools | null>(null);
  useEffect(() => {
    const controller = new ChartController({
      ask: historyOf(connection, ref),
      onDecision: (uid) =>
        void navigate({
          to: '.',
          search: true,
          hash: decisionHash(uid),
          replace: true,
          resetScroll: false,
          hashScrollIntoView: false,
        }),
    });
    const feed = new DecisionFeed(connection, ref);
    const showDecisions = (): void => controller.setDecisions(feed.known().map(markedOf));
    const unlisten = [
      feed.subscribe(showDecisions),
      controller.subscribe(() => void feed.loadActionsSince(controller.state.view.from)),
    ];
    setTools({ controller, feed });
    return () => {
      for (const end of unlisten) end();
      controller.close();
      feed.close();
    };
  }, [connection, ref]);
  return tools;
}

function Followed({ clusterRef, controller, feed }: Tools & { readonly clusterRef: ClusterRef }): ReactNode {
  const live = useLive(ClusterFollow, {
    variables: { ref: clusterRef },
    apply: (_, { serviceCluster }): Snapshot => {
      controller.append(sampleOf(serviceCluster));
      return serviceCluster;
    },
    resume: (_, variables) => {
      // What was missed is asked of the history.
      controller.interrupt();
      return variables;
    },
  });
  if (live.kind === 'waiting') return <Waiting what="the service cluster" />;
  if (live.kind === 'refused') return <Absent clusterRef={clusterRef} error={live.error} />;
  if (live.state === null) return <p>The service cluster is gone.</p>;
  return <Shown {...{ clusterRef, controller, feed }} snapshot={live.state} isGone={live.kind === 'ended'} />;
}

function Absent({
  clusterRef,
  error,
}: {
  readonly clusterRef: ClusterRef;
  readonly error: Parameters<typeof RefusedNote>[0]['error'];
}): ReactNode {
  const search = useTenantSearch();
  const { application, alias } = clusterRef;
  return (
    <>
      <h1>
        {application} / {alias}
      </h1>
      <RefusedNote error={error} again={() => window.location.reload()} />
      <p>
        <Link to="/" search={search}>
          Go to the overview
        </Link>
      </p>
    </>
  );
}

interface ShownProps extends Tools {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
  /** Nothing more is heard of it: it was deleted. */
  readonly isGone: boolean;
}

function Shown({ clusterRef, snapshot, controller, feed, isGone }: ShownProps): ReactNode {
  const decisions = useSyncExternalStore(feed.subscribe, () => feed.state);
  const { factors } = snapshot.live;
  const deciding = decidingFactor(factors);
  const [chosen, setChosen] = useState<string | null>(null);
  // The one that decided when the page was opened stays, so that the chart does not change under one's eyes.
  const [first] = useState(deciding);
  const names = factors.map(({ name }) => name);
  const factor = [chosen, first, deciding].find((name) => name !== null && names.includes(name)) ?? 'requestsInFlight';
  useEffect(() => controller.setSource(sourceOf(snapshot, factor)), [controller, snapshot, factor]);
  const show = (decision: Decision): void => controller.show(Date.parse(decision.at) / 1_000);
  return (
    <>
      <ClusterHead clusterRef={clusterRef} snapshot={snapshot} isGone={isGone} />
      <Banners clusterRef={clusterRef} snapshot={snapshot} />
      <RolloutNote clusterRef={clusterRef} snapshot={snapshot} />
      <Figures live={snapshot.live} />
      <div className="cluster-parts">
        <ScalingChart {...{ controller, factor, deciding }} factors={names} onFactor={setChosen} />
        <Decisions feed={feed} state={decisions} onShow={show} />
        <Instances snapshot={snapshot} />
        <Scoreboard factor={factor} forecast={factors.find(({ name }) => name === factor)?.forecast ?? null} />
      </div>
    </>
  );
}

function markedOf({ uid, at, acted, from, to, sentence }: Decision): Marked {
  return { uid, at: Date.parse(at) / 1_000, acted, from, to, sentence: visible(sentence) };
}
