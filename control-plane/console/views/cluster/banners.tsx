/** What keeps the autoscaler from acting by itself: who did it, why, until when, and how it is ended. */
import { useState, type ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { Time } from '../../components/time.tsx';
import type { Role } from '../../generated/operations.ts';
import { useMay } from '../../shell/caller.tsx';
import type { ClusterRef } from './ref.ts';
import type { Snapshot } from './snapshot.ts';
import type { DialogOf } from './steering/dialog-of.ts';
import { ClearOverrideDialog, ResumeDialog, ShadowDialog, UnfreezeDialog } from './steering/ending-dialogs.tsx';
import { StartDialog } from './steering/stopping-dialogs.tsx';

export interface BannersProps {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
}

export function Banners(props: BannersProps): ReactNode {
  const { blocked, deletingSince } = props.snapshot.serviceCluster;
  return (
    <>
      {blocked === null ? null : (
        <Banner {...props} tone="bad" title="Nothing of the application is begun or ended.">
          <Foreign text={blocked.message} /> Since <Time at={blocked.since} />.
        </Banner>
      )}
      {deletingSince === null ? null : (
        <Banner {...props} tone="warning" title="It is being deleted.">
          Its instances are drained and stopped. Since <Time at={deletingSince} />.
        </Banner>
      )}
      <StoppedBanner {...props} />
      <FreezeBanner {...props} />
      <PauseBanner {...props} />
      <OverrideBanner {...props} />
      <ShadowBanner {...props} />
    </>
  );
}

function StoppedBanner(props: BannersProps): ReactNode {
  const { stopped } = props.snapshot.serviceCluster;
  if (stopped === null) return null;
  return (
    <Banner
      {...props}
      tone="warning"
      title="It is stopped: nothing of it runs."
      end={{ least: 'DEPLOYER', verb: 'Start …', Dialog: StartDialog }}
    >
      <Said {...stopped} at={stopped.since} /> Until somebody starts it.
    </Banner>
  );
}

function FreezeBanner(props: BannersProps): ReactNode {
  const { frozen } = props.snapshot.serviceCluster;
  if (frozen === null) return null;
  return (
    <Banner
      {...props}
      tone="bad"
      title="The platform is frozen: decisions are recorded and not acted on."
      end={{ least: 'OPERATOR', verb: 'End the freeze …', Dialog: UnfreezeDialog }}
    >
      <Said {...frozen} at={frozen.since} />{' '}
      {frozen.expiresAt === null ? (
        'Until somebody ends it.'
      ) : (
        <>
          It ends <Time at={frozen.expiresAt} />.
        </>
      )}
    </Banner>
  );
}

function PauseBanner(props: BannersProps): ReactNode {
  const { paused } = props.snapshot.serviceCluster;
  if (paused === null) return null;
  return (
    <Banner
      {...props}
      tone="warning"
      title="Scaling is paused: decisions are recorded and not acted on."
      end={{ least: 'DEPLOYER', verb: 'Resume …', Dialog: ResumeDialog }}
    >
      <Said {...paused} at={paused.since} /> Until somebody resumes it.
    </Banner>
  );
}

function OverrideBanner(props: BannersProps): ReactNode {
  const { override } = props.snapshot.serviceCluster;
  if (override === null) return null;
  const { kind, instances } = override;
  return (
    <Banner
      {...props}
      tone="warning"
      title={`By hand: ${kind === 'PIN' ? 'exactly' : 'at least'} ${instances} ${instances === 1 ? 'instance' : 'instances'}.`}
      end={{ least: 'DEPLOYER', verb: 'Clear it …', Dialog: ClearOverrideDialog }}
    >
      <Said {...override} at={override.createdAt} /> It ends <Time at={override.expiresAt} />.
    </Banner>
  );
}

function ShadowBanner(props: BannersProps): ReactNode {
  if (!props.snapshot.serviceCluster.shadow) return null;
  return (
    <Banner
      {...props}
      tone="warning"
      title="Shadow mode: decisions are made and recorded, and not acted on."
      end={{ least: 'DEPLOYER', verb: 'Act again …', Dialog: EndShadowDialog }}
    >
      Until somebody ends it.
    </Banner>
  );
}

function EndShadowDialog(props: DialogOf): ReactNode {
  return <ShadowDialog {...props} shadow={false} />;
}

interface BannerProps extends BannersProps {
  readonly tone: 'warning' | 'bad';
  readonly title: string;
  /** How it is ended, and by whom. */
  readonly end?: { readonly least: Role; readonly verb: string; readonly Dialog: (props: DialogOf) => ReactNode };
  readonly children: ReactNode;
}

function Banner({ tone, title, end, children, clusterRef, snapshot }: BannerProps): ReactNode {
  const [isEnding, setEnding] = useState(false);
  const mayEnd = useMay(end?.least ?? 'VIEWER');
  return (
    <section className={`note ${tone} cluster-banner`} aria-label={title}>
      <div>
        <strong>{title}</strong> {children}{' '}
        {end !== undefined && !mayEnd ? `Whoever has the role ${end.least.toLowerCase()} can end it.` : null}
      </div>
      {end !== undefined && mayEnd ? (
        <button type="button" onClick={() => setEnding(true)}>
          {end.verb}
        </button>
      ) : null}
      {end !== undefined && isEnding ? (
        <end.Dialog clusterRef={clusterRef} snapshot={snapshot} onClose={() => setEnding(false)} />
      ) : null}
    </section>
  );
}

function Said({ by, reason, at }: { readonly by: string; readonly reason: string; readonly at: string }): ReactNode {
  return (
    <>
      By <Foreign text={by} />, <Time at={at} />: “<Foreign text={reason} />
      ”.
    </>
  );
}
