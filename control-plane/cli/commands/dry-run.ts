/** `--dry-run` of the commands that steer a service cluster: what the control plane says that they would do. */
import { refused } from '../client/failures.ts';
import type { Session } from '../client/session.ts';
import {
  PreviewSteering,
  type PreviewSteeringQuery,
  type PreviewSteeringQueryVariables,
  type ServiceClusterRef,
} from '../generated/operations.ts';

type Steering = Omit<PreviewSteeringQueryVariables, 'ref' | 'kind'> &
  Partial<Pick<PreviewSteeringQueryVariables, 'kind'>>;
type Preview = PreviewSteeringQuery['steeringPreview'] & Pick<ServiceClusterRef, 'application' | 'alias'>;

/** Prints what steering one service cluster would do. Throws as the command would, where it would be refused. */
export async function dryRun(session: Session, ref: ServiceClusterRef, steering: Steering): Promise<void> {
  await print(session, await preview(session, ref, steering));
}

/** The same of several, which with `-o json` are an array. */
export async function dryRunOfEach(
  session: Session,
  refs: readonly ServiceClusterRef[],
  steering: Steering,
): Promise<void> {
  const found: Preview[] = [];
  for (const ref of refs) found.push(await preview(session, ref, steering));
  const { format } = session.printer;
  if (format === 'json' || format === 'yaml') return session.printer.value(found);
  for (const each of found) await print(session, each);
}

async function preview(session: Session, ref: ServiceClusterRef, steering: Steering): Promise<Preview> {
  const { steeringPreview } = await session.client.query(PreviewSteering, { kind: 'PIN', ...steering, ref });
  if (steeringPreview.refusal !== null) throw refused([steeringPreview.refusal]);
  return { application: ref.application, alias: ref.alias, ...steeringPreview };
}

function print({ printer }: Session, found: Preview): Promise<void> {
  const { application, alias, sentence } = found;
  return printer.one(
    found,
    () => `${application}/${sentence.replace(/\.$/, '')} (dry run)`,
    () => `cluster/${application}/${alias}`,
  );
}
