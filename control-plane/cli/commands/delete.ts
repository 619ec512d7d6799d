/** `delete`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { confirm } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import { DeleteApplication, DeletePolicy, IsApplicationThere, type PolicyKind } from '../generated/operations.ts';
import { pluralOf } from '../nouns/all.ts';
import { listPolicies, manifestKind } from '../nouns/policies.ts';
import { parseNamed, type Named } from '../references.ts';
import type { DeleteCommandOptions } from './register-deploy.ts';

const LOOK_MILLISECONDS = 300;

/** What takes other things away, by the plural of its noun. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  tenants: 'tenant delete',
  tokens: 'token revoke',
  hostclusters: 'cluster remove',
  secrets: 'secret unset',
  variables: 'config unset',
  certificates: 'certificate delete',
  credentials: 'credential delete',
  webhooks: 'webhook delete',
  notices: 'notice delete',
};

/** @param words a kind and names, or `kind/name`, several if wanted; all kinds are looked at before anything is deleted */
export async function remove(session: Session, words: readonly string[], options: DeleteCommandOptions): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const work = parseNamed(words).map((named) => () => removerOf(named)(session, named.name, options));
  for (const one of work) await one();
}

type Remover = (session: Session, name: string, options: DeleteCommandOptions) => Promise<void>;

function removerOf({ kind, name }: Named): Remover {
  const plural = pluralOf(kind) ?? '';
  switch (plural) {
    case 'applications':
      return removeApplication;
    case 'policies':
      return removePolicy;
    case 'autoscalingpolicies':
      return (session, policy, options) => removePolicy(session, policy, { ...options, kind: 'AutoscalingPolicy' });
    case 'deploymentpolicies':
      return (session, policy, options) => removePolicy(session, policy, { ...options, kind: 'DeploymentPolicy' });
  }
  const other = Object.hasOwn(ELSEWHERE, plural) ? `; see "cartwright ${ELSEWHERE[plural]} --help"` : '';
  throw usage(`expected "delete application NAME" or "delete policy NAME", got "delete ${kind} ${name}"${other}`);
}

async function removeApplication(session: Session, name: string, options: DeleteCommandOptions): Promise<void> {
  const seconds = parseDuration(options.timeout, '--timeout');
  await confirm(session.io, options, `delete the application "${name}" and stop all its instances?`);
  const { application } = await session.client.mutate(DeleteApplication, { name, ...tenantOf(session) });
  if (options.wait === true) await untilGone(session, name, application?.uid, seconds);
  await session.printer.one(
    application,
    () =>
      `application ${name} ${options.wait === true ? 'is gone' : 'is being deleted: its instances are drained and stopped'}`,
    () => `application/${name}`,
  );
}

/** Waits until nothing of an application runs any more. Throws `CliError` with exit code 124 after `seconds`. */
export async function untilGone(
  session: Session,
  name: string,
  uid: string | undefined,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const { application } = await session.client.query(IsApplicationThere, { tenant: session.tenant, name });
    if (application === null || application.uid !== uid) return;
    if (performance.now() > end) {
      throw new CliError(
        EXIT.timedOut,
        `application ${name} is not gone after ${seconds} s; it goes when its last instance has stopped`,
      );
    }
    await delay(LOOK_MILLISECONDS, undefined, { signal: session.io.interrupted });
  }
}

async function removePolicy(session: Session, name: string, options: DeleteCommandOptions): Promise<void> {
  const kind = await policyKind(session, name, options.kind);
  await confirm(session.io, options, `delete the ${manifestKind(kind)} "${name}"?`);
  const { policy } = await session.client.mutate(DeletePolicy, { name, kind, ...tenantOf(session) });
  await session.printer.one(
    policy,
    () => `${manifestKind(kind)} ${name} deleted`,
    () => `${manifestKind(kind).toLowerCase()}/${name}`,
  );
}

async function policyKind(session: Session, name: string, named: string | undefined): Promise<PolicyKind> {
  const kinds = (await listPolicies(session)).filter((policy) => policy.name === name).map(({ kind }) => kind);
  const fitting = named === undefined ? kinds : kinds.filter((kind) => manifestKind(kind) === named);
  if (fitting.length > 1)
    throw usage(`two policies are called "${name}": add --kind ${fitting.map(manifestKind).join(' or --kind ')}`);
  const [kind] = fitting;
  if (kind === undefined) throw notFound(`there is no ${named ?? 'policy'} "${name}"; see "cartwright get policies"`);
  return kind;
}

function tenantOf(session: Session): { readonly tenant?: string } {
  return session.tenant === undefined ? {} : { tenant: session.tenant };
}
