/** `config`: variables over the manifest's environment. */
import type { Session } from '../client/session.ts';
import { change } from '../configuration/change.ts';
import { notFound, usage } from '../exit.ts';
import { Configure, GetVariables, type VariableFieldsFragment } from '../generated/operations.ts';
import type { Column } from '../output/printer.ts';
import { NOTHING, word } from '../output/text.ts';
import { BALANCER_ALIAS, noApplication, parseTarget } from '../targets.ts';
import type { WaitOptions } from './register-configuration.ts';

type Placed = VariableFieldsFragment & { readonly alias: string };

export async function get(session: Session, target: string, name: string | undefined): Promise<void> {
  const { application: applicationName, alias } = parseTarget(target);
  const { application } = await session.client.query(GetVariables, { tenant: session.tenant, name: applicationName });
  if (application === null) throw noApplication(applicationName);
  const components = application.clusters.filter((cluster) => cluster.alias !== BALANCER_ALIAS);
  const chosen = components.filter((cluster) => alias === undefined || cluster.alias === alias);
  if (chosen.length === 0)
    throw notFound(
      `application "${applicationName}" has no component "${alias ?? ''}"; it has ${components.map((each) => each.alias).join(', ') || 'none'}`,
    );
  const variables = chosen.flatMap((cluster) => cluster.variables.map((each) => ({ alias: cluster.alias, ...each })));
  if (name !== undefined) return one(session, target, variables, name);
  const place: Column<Placed> = { title: 'COMPONENT', value: (variable) => variable.alias };
  await session.printer.list(
    variables,
    [
      ...(chosen.length > 1 ? [place] : []),
      { title: 'NAME', value: (variable) => variable.name },
      { title: 'VALUE', value: valueOf },
      { title: 'FROM', value: originOf },
      { title: 'LIES OVER', value: ({ hides }) => hides.map(originText).join(', ') || NOTHING },
    ],
    `${target} has no variables beside the platform’s own (PORT, HOST, CARTWRIGHT_…)`,
  );
}

/** The bare value, for scripts. */
async function one(session: Session, target: string, variables: readonly Placed[], name: string): Promise<void> {
  const [variable, ...others] = variables.filter((candidate) => candidate.name === name);
  if (variable === undefined)
    throw notFound(`${target} has no variable ${name}; see "cartwright config get ${target}"`);
  if (others.length > 0) {
    const components = [variable, ...others].map(({ alias }) => `${target}/${alias}`).join(', ');
    throw usage(`several components have the variable ${name}; say which: ${components}`);
  }
  if (variable.secret !== null)
    throw usage(`${name} is a secret, and its value is shown to nobody; see "cartwright secret list ${target}"`);
  await session.printer.one(variable, () => variable.value ?? '');
}

export async function set(
  session: Session,
  target: string,
  assignments: readonly string[],
  options: WaitOptions,
): Promise<void> {
  const variables = assignments.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw usage(`expected KEY=VALUE, got "${text}"`);
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  await change(session, target, options, (ref) => session.client.mutate(Configure, { ref, set: variables, unset: [] }));
}

export async function unset(
  session: Session,
  target: string,
  names: readonly string[],
  options: WaitOptions,
): Promise<void> {
  await change(session, target, options, (ref) => session.client.mutate(Configure, { ref, set: [], unset: names }));
}

function valueOf({ value, secret }: VariableFieldsFragment): string {
  return secret === null ? (value ?? '') : `(secret, version ${secret.version})`;
}

function originOf({ origin, secret }: VariableFieldsFragment): string {
  const where = originText({ origin, isSecret: secret !== null });
  return secret?.delivery === 'FILE' ? `${where}, as a file` : where;
}

function originText({ origin, isSecret }: { readonly origin: string; readonly isSecret: boolean }): string {
  return isSecret ? `secret of the ${word(origin)}` : word(origin);
}
