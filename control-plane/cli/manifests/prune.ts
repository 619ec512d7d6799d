/**
 * `apply --prune`: what carries a label and is not among what was applied goes. Only of the session's own tenant, only of the kinds that
 * are meant, and never without a label.
 */
import type { Session } from '../client/session.ts';
import type { ApplyOptions, Outcome } from '../commands/apply.ts';
import { untilGone } from '../commands/delete.ts';
import { confirm } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { usage } from '../exit.ts';
import { DeleteApplication, DeletePolicy } from '../generated/operations.ts';
import { say } from '../io.ts';
import { listApplications } from '../nouns/applications.ts';
import { labelsOf, matches, parseSelector, type Requirement } from '../nouns/labels.ts';
import { listPolicies, manifestKind } from '../nouns/policies.ts';

/** Kinds of manifests that can be deleted, in the order in which they are: a policy that an application names cannot go before it. */
const KINDS = ['Application', 'AutoscalingPolicy', 'DeploymentPolicy'] as const;
type Kind = (typeof KINDS)[number];

export interface Pruning {
  readonly selector: readonly Requirement[];
  readonly kinds: ReadonlySet<Kind>;
}

interface Candidate {
  readonly kind: Kind;
  readonly name: string;
  readonly uid: string;
  readonly tenant: string;
  readonly generation: number;
}

/** `undefined`: nothing is to be pruned. Throws a usage error for options that do not go together, and without a label. */
export function pruningOf({ prune, selector, kind }: ApplyOptions): Pruning | undefined {
  if (prune !== true) {
    if (selector !== undefined) throw usage('--selector goes with --prune: all that is in the files is applied');
    if (kind !== undefined) throw usage('--kind goes with --prune: all that is in the files is applied');
    return undefined;
  }
  if (selector === undefined)
    throw usage('--prune needs -l key=value: only what carries that label and is not in the files is deleted');
  const requirements = parseSelector(selector, '--selector');
  if (requirements.some(({ operator }) => operator !== 'equal'))
    throw usage(`--selector: with --prune only key=value, several with commas; got "${selector}"`);
  return { selector: requirements, kinds: new Set((kind ?? KINDS).map(kindOf)) };
}

function kindOf(text: string): Kind {
  const kind = KINDS.find((known) => known.toLowerCase() === text.toLowerCase());
  if (kind === undefined) throw usage(`--kind: expected ${KINDS.join(', ')}; got "${text}"`);
  return kind;
}

/**
 * Each as it is deleted, or would be in a dry run.
 *
 * @param kept uids of what was applied
 */
export async function* prune(
  session: Session,
  pruning: Pruning,
  kept: ReadonlySet<string>,
  options: ApplyOptions,
): AsyncGenerator<Outcome, void, undefined> {
  const found = await candidates(session, pruning, kept);
  if (options.dryRun === true) return yield* found.map(pruned);
  if (found.length === 0) return;
  for (const { kind, name, tenant } of found)
    say(session.io, `not in the files: ${kind} ${name} of the tenant ${tenant}`);
  await confirm(session.io, options, `delete ${found.length === 1 ? 'it' : `all ${found.length}`}?`);
  const applications = found.filter(({ kind }) => kind === 'Application');
  const policies = found.filter(({ kind }) => kind !== 'Application');
  for (const application of applications) {
    await removeApplication(session, application);
    yield pruned(application);
  }
  if (policies.length === 0) return;
  const seconds = parseDuration(options.timeout, '--timeout');
  for (const { name, uid } of applications) await untilGone(session, name, uid, seconds);
  for (const policy of policies) {
    await removePolicy(session, policy);
    yield pruned(policy);
  }
}

function pruned({ kind, name, uid }: Candidate): Outcome {
  return { kind, name, uid, result: 'PRUNED', warnings: [] };
}

async function candidates(
  session: Session,
  { selector, kinds }: Pruning,
  kept: ReadonlySet<string>,
): Promise<readonly Candidate[]> {
  const applications = kinds.has('Application') ? await listApplications(session, true) : [];
  const policies = KINDS.some((kind) => kind !== 'Application' && kinds.has(kind)) ? await listPolicies(session) : [];
  const all = [
    ...applications
      .filter(({ deletingSince }) => deletingSince === null)
      .map((application) => ({ ...application, kind: 'Application' as const })),
    ...policies.map((policy) => ({ ...policy, kind: manifestKind(policy.kind) })),
  ];
  return all
    .filter(({ kind, uid, manifest }) => kinds.has(kind) && !kept.has(uid) && matches(labelsOf(manifest), selector))
    .map(({ kind, name, uid, tenant, generation }) => ({ kind, name, uid, tenant, generation }));
}

/** What has been changed since it was looked at stays: the control plane refuses. */
async function removeApplication({ client }: Session, { name, tenant, generation }: Candidate): Promise<void> {
  await client.mutate(DeleteApplication, { name, tenant, expectedGeneration: generation });
}

async function removePolicy({ client }: Session, { name, kind, tenant, generation }: Candidate): Promise<void> {
  const policy = kind === 'AutoscalingPolicy' ? 'AUTOSCALING_POLICY' : 'DEPLOYMENT_POLICY';
  await client.mutate(DeletePolicy, { name, kind: policy, tenant, expectedGeneration: generation });
}
