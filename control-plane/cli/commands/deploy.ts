/** `deploy`: a folder or a Git repository becomes a running application with a URL. */
import type { Session } from '../client/session.ts';
import { packTree } from '../deploy/archive.ts';
import { followBuild, followRollout, untilServing } from '../deploy/follow.ts';
import { prepare, type Prepared } from '../deploy/prepare.ts';
import { waitFor } from '../deploy/wait.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT } from '../exit.ts';
import {
  Deploy,
  type BuildFieldsFragment,
  type RolloutFieldsFragment,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import { print, say } from '../io.ts';
import { size } from '../output/text.ts';
import type { DeployCommandOptions } from './register-deploy.ts';

/** What `-o json` prints; documented in docs/cli.md. */
interface Deployed {
  readonly application: string;
  readonly alias: string;
  readonly url: string | null;
  readonly build: BuildFieldsFragment;
  /** Null with --no-wait. */
  readonly rollout: RolloutFieldsFragment | null;
}

export async function deploy(session: Session, dir: string | undefined, options: DeployCommandOptions): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const prepared = await prepare(session, dir, options);
  const { application, alias, tenant, manifests } = prepared;
  const ref: ServiceClusterRef = { application, alias, ...(tenant === undefined ? {} : { tenant }) };
  const uploadDigest = await upload(session, prepared);
  const { build } = await session.client.mutate(Deploy, {
    ref,
    ...(uploadDigest === undefined ? {} : { uploadDigest }),
    ...(manifests === undefined ? {} : { manifests: manifests.text, fileName: manifests.fileName }),
    ...(manifests?.expectedGeneration === undefined ? {} : { expectedGeneration: manifests.expectedGeneration }),
  });
  if (build === null) throw new CliError(EXIT.failed, 'the control plane answered with no build');
  for (const line of manifests?.said ?? []) say(session.io, line);
  say(session.io, `build ${build.uid}`);
  if (!options.wait) return report(session, { application, alias, url: null, build, rollout: null });

  const done = await waitFor(session, ref, options.timeout, async (signal) => {
    const built = await followBuild(session, build.uid, signal);
    const rollout = await followRollout(session, ref, ({ toRelease }) => toRelease?.build?.uid === build.uid, signal);
    return { build: built, rollout, url: await untilServing(session, ref, signal) };
  });
  await report(session, { application, alias, ...done });
}

/** Digest of the folder as the control plane has stored it; `undefined` where the source is a Git repository. */
async function upload(session: Session, { source, tenant }: Prepared): Promise<string | undefined> {
  if (source.kind === 'git') return undefined;
  const { digest, bytes } = await session.client.upload(packTree(source.tree), tenant);
  say(session.io, `uploaded ${source.tree.files.length} files, ${size(bytes)} packed`);
  return digest;
}

/** For people the URL and nothing else, so that it can be used in a script; without one, or without waiting, nothing. */
async function report(session: Session, deployed: Deployed): Promise<void> {
  const { printer, io } = session;
  const { application, alias, url, rollout } = deployed;
  if (printer.format === 'name') return printer.bare(deployed, '', [`cluster/${application}/${alias}`]);
  if (printer.format !== 'table') return printer.value(deployed);
  if (rollout !== null) say(io, `${application}/${alias} runs release ${rollout.toRelease?.number ?? '?'}`);
  if (url !== null) print(io, url);
  else if (rollout !== null) say(io, 'it has no HTTP port, so there is no URL');
}
