/** `config`: variables over the manifest's environment. */
import type { Session } from '../client/session.ts';
import { change } from '../configuration/change.ts';
import { notFound, usage } from '../exit.ts';
import { Configure } from '../generated/operations.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { listVariables, variables, type Variable } from '../nouns/variables.ts';
import { getNoun } from './get.ts';
import type { WaitOptions } from './register-configuration.ts';

export async function get(session: Session, target: string, name: string | undefined): Promise<void> {
  const scope = { ...WHOLE_SCOPE, application: target };
  if (name !== undefined) return one(session, target, await listVariables(session, scope), name);
  const nothing = `${target} has no variables beside the platform’s own (PORT, HOST, CARTWRIGHT_…)`;
  await getNoun(session, variables, { scope, nothing });
}

/** The bare value, for scripts. */
async function one(session: Session, target: string, found: readonly Variable[], name: string): Promise<void> {
  const [variable, ...others] = found.filter((candidate) => candidate.name === name);
  if (variable === undefined)
    throw notFound(`${target} has no variable ${name}; see "cartwright config get ${target}"`);
  if (others.length > 0) {
    const components = [variable, ...others].map(({ alias }) => `${target}/${alias}`).join(', ');
    throw usage(`several components have the variable ${name}; say which: ${components}`);
  }
  if (variable.secret !== null)
    throw usage(`${name} is a secret, and its value is shown to nobody; see "cartwright secret list ${target}"`);
  await session.printer.bare(variable, variable.value ?? '', [`variable/${variable.name}`]);
}

export async function set(
  session: Session,
  target: string,
  assignments: readonly string[],
  options: WaitOptions,
): Promise<void> {
  const set = assignments.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw usage(`expected KEY=VALUE, got "${text}"`);
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  await change(session, target, options, (ref) => session.client.mutate(Configure, { ref, set, unset: [] }));
}

export async function unset(
  session: Session,
  target: string,
  names: readonly string[],
  options: WaitOptions,
): Promise<void> {
  await change(session, target, options, (ref) => session.client.mutate(Configure, { ref, set: [], unset: names }));
}
