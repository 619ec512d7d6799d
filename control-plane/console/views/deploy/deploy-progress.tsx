/** A deployment as it goes: build, roll-out, address. All of it is asked for by what the address of the page says. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import type { BuildLog } from '../../components/rollouts/build-log.ts';
import { BuildLogLines } from '../../components/rollouts/build-log-lines.tsx';
import { RolloutInstances } from '../../components/rollouts/rollout-instances.tsx';
import { SourceText } from '../../components/rollouts/source-text.tsx';
import { Time } from '../../components/time.tsx';
import type { Tone } from '../../components/words.ts';
import { useTenantSearch } from '../../shell/tenant.ts';
import { OutcomeNote } from './outcome-note.tsx';
import type { Step, StepState } from './progress.ts';
import { useDeployment } from './use-deployment.ts';

interface Place {
  readonly application: string;
  readonly alias: string;
}

export interface DeployProgressProps extends Place {
  /** Uid. */
  readonly build: string;
}

export function DeployProgress({ application, alias, build }: DeployProgressProps): ReactNode {
  const { log, cluster, progress, refused } = useDeployment(application, alias, build);
  const { steps, outcome, rollout } = progress;
  return (
    <>
      <Head application={application} alias={alias} log={log} />
      {refused.map((error) => (
        <RefusedNote key={error.message} error={error} />
      ))}
      {log === null && refused.length === 0 ? <Waiting what="the build" /> : null}
      <ol className="plain steps">
        {steps.map((step) => (
          <StepLine key={step.name} step={step} />
        ))}
      </ol>
      <OutcomeNote outcome={outcome} application={application} alias={alias} />
      {log === null ? null : (
        <section className="block">
          <h2>Build</h2>
          <BuildLogLines log={log} />
        </section>
      )}
      {cluster === null || cluster.instances.length === 0 ? null : (
        <section className="block">
          <h2>Instances</h2>
          <RolloutInstances
            application={application}
            alias={alias}
            rollout={rollout}
            instances={cluster.instances.map(({ instance }) => instance)}
          />
        </section>
      )}
    </>
  );
}

function Head({ application, alias, log }: Place & { readonly log: BuildLog | null }): ReactNode {
  const search = useTenantSearch();
  const source = log?.build.source ?? null;
  return (
    <>
      <div className="page-head">
        <h1>
          Deploying {application}/{alias}
        </h1>
        {log === null ? null : (
          <span className="quiet">
            begun <Time at={log.build.createdAt} />
          </span>
        )}
        <span className="actions">
          <Link to="/applications/$application/$alias/releases" params={{ application, alias }} search={search}>
            Releases
          </Link>
          <Link to="/applications/$application/$alias" params={{ application, alias }} search={search}>
            {application}/{alias}
          </Link>
        </span>
      </div>
      {source === null ? null : (
        <p>
          <SourceText source={source} />
        </p>
      )}
    </>
  );
}

const WORDS: Readonly<Record<StepState, readonly [Tone, string]>> = {
  waiting: ['', 'not yet'],
  'under-way': ['warning', 'under way'],
  done: ['good', 'done'],
  failed: ['bad', 'failed'],
};

function StepLine({ step: { name, state, text } }: { readonly step: Step }): ReactNode {
  const [tone, words] = WORDS[state];
  return (
    <li data-step={name} data-state={state}>
      <span className={`word ${tone}`}>{words}</span> <strong>{name}</strong>{' '}
      <span className="quiet">
        <Foreign text={text} />
      </span>
    </li>
  );
}
