/** What has to be told to the plugin so that it holds what it should. Pure: from what is wanted and what is there to commands. */
import type { AgentAccount } from '../../../app/ports/broker-accounts.ts';
import { aclsOf, createClient, createRole, markOf, ROLE_PREFIX, roleName } from './account.ts';
import type { Present, PresentClient } from './listing.ts';

/**
 * Commands for one instance, none where all is as it should be. A client whose password, id or roles are not the wanted ones is
 * made anew, which ends its connection. Deleting the client comes first and the role last, so that at no moment a client is
 * without its limits.
 */
export function commandsFor(instance: string, wanted: AgentAccount | undefined, present: Present): object[] {
  const client = present.clients.get(instance);
  const hasRole = present.roles.has(roleName(instance));
  if (wanted === undefined) {
    // A client of that name with another role is somebody else's.
    const isOurs = client?.roles.includes(roleName(instance)) === true;
    return [...(isOurs ? [removeClient(instance)] : []), ...(hasRole ? [removeRole(instance)] : [])];
  }
  const { identity, token } = wanted;
  const roleRight = isRoleRight(wanted, present);
  if (roleRight && isClientRight(wanted, client)) return [];
  // Who cannot be let in again is not let in with other rights either.
  if (token === null) return client === undefined ? [] : commandsFor(instance, undefined, present);
  return [
    ...(client === undefined ? [] : [removeClient(instance)]),
    ...(roleRight || !hasRole ? [] : [removeRole(instance)]),
    ...(roleRight ? [] : [createRole(identity)]),
    createClient(instance, token),
  ];
}

function removeClient(instance: string): object {
  return { command: 'deleteClient', username: instance };
}

function removeRole(instance: string): object {
  return { command: 'deleteRole', rolename: roleName(instance) };
}

function isRoleRight({ identity }: AgentAccount, { roles }: Present): boolean {
  const rights = aclsOf(identity).map(({ acltype, topic }) => `${acltype} ${topic}`);
  return roles.get(roleName(identity.instance))?.toSorted().join('\n') === rights.toSorted().join('\n');
}

function isClientRight(
  { identity: { instance }, token, mayStay }: AgentAccount,
  client: PresentClient | undefined,
): boolean {
  return (
    client !== undefined &&
    !client.disabled &&
    client.clientid === instance &&
    (token === null || mayStay === true || client.textname === markOf(token)) &&
    client.groups === 0 &&
    client.roles.join() === roleName(instance)
  );
}

/** Every instance that something is to be done for, those to be removed first. */
export function instancesToChange(wanted: ReadonlyMap<string, AgentAccount>, present: Present): string[] {
  const known = [...present.roles.keys()]
    .filter((role) => role.startsWith(ROLE_PREFIX))
    .map((role) => role.slice(ROLE_PREFIX.length));
  const ours = [...present.clients].filter(([name, { roles }]) => roles.includes(roleName(name))).map(([name]) => name);
  const surplus = new Set([...known, ...ours].filter((instance) => !wanted.has(instance)));
  const lacking = [...wanted].filter(([instance, account]) => commandsFor(instance, account, present).length > 0);
  return [...surplus, ...lacking.map(([instance]) => instance)];
}
