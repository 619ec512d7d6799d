import type { Session } from '../client/session.ts';
import { GetVariables, type VariableFieldsFragment } from '../generated/operations.ts';
import { NOTHING, word } from '../output/text.ts';
import { BALANCER_ALIAS, noApplication } from '../targets.ts';
import { keyed, type Scope } from './noun.ts';
import { componentsOf, perApplication } from './per-application.ts';

/** A variable of the environment that the next release takes, of one component. */
export type Variable = VariableFieldsFragment & { readonly applicationName: string; readonly alias: string };

export function listVariables(session: Session, scope: Scope): Promise<Variable[]> {
  return perApplication(session, scope, async (name, alias) => {
    const { application } = await session.client.query(GetVariables, { tenant: session.tenant, name });
    if (application === null) throw noApplication(name);
    const components = application.clusters.filter((cluster) => cluster.alias !== BALANCER_ALIAS);
    return componentsOf(name, components, alias).flatMap((cluster) =>
      cluster.variables.map((variable) => ({ applicationName: name, alias: cluster.alias, ...variable })),
    );
  });
}

export const variables = keyed<Variable>({
  plural: 'variables',
  reference: ({ name }) => `variable/${name}`,
  key: ({ applicationName, alias, name }) => `${applicationName}/${alias}/${name}`,
  columns: [
    { title: 'COMPONENT', value: ({ applicationName, alias }) => `${applicationName}/${alias}` },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'VALUE', value: valueOf },
    { title: 'FROM', value: originOf },
    { title: 'LIES OVER', value: ({ hides }) => hides.map(originText).join(', ') || NOTHING },
  ],
  list: listVariables,
  find: async (session, name, scope) =>
    (await listVariables(session, scope)).find((variable) => variable.name === name),
});

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
