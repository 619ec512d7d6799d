/** `delete`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { confirm } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import {
  DeleteApplication,
  DeletePolicy,
  IsApplicationThere,
  ListPolicies,
  type PolicyKind,
} from '../generated/operations.ts';
import { manifestKind } from '../nouns/policies.ts';
import type { DeleteCommandOptions } from './register-deploy.ts';

const LOOK_MILLISECONDS = 300;

export async function remove(
  session: Session,
  kind: string,
  name: string,
  options: DeleteCommandOptions,
): Promise<void> {
  if (kind === 'application') return removeApplication(session, name, options);
  if (kind === 'policy') return removePolicy(session, name, options);
  throw usage(`expected "delete application NAME" or "delete policy NAME", got "delete ${kind}"`);
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
  );
}

async function untilGone(session: Session, name: string, uid: string | undefined, seconds: number): Promise<void> {
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
  await session.printer.one(policy, () => `${manifestKind(kind)} ${name} deleted`);
}

async function policyKind(session: Session, name: string, named: string | undefined): Promise<PolicyKind> {
  const { policies } = await session.client.query(ListPolicies, { tenant: session.tenant });
  const kinds = policies.filter((policy) => policy.name === name).map((policy) => policy.kind);
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
