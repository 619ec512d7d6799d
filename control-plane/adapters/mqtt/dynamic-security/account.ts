/**
 * What Mosquitto's dynamic-security plugin holds of an agent: a client of the instance's id, and a role that lists exactly what
 * it may do. Pure. The plugin allows what a role allows and leaves the rest to its defaults, which have to deny.
 */
import { createHash } from 'node:crypto';
import {
  AGENT_LEAVES,
  applicationTopologyFilter,
  clusterTopic,
  COMMAND_LEAF,
  instanceTopic,
} from '../../../../schema/mqtt/topics.ts';
import type { InstanceIdentity } from '../../../app/ports/messaging.ts';

export interface Acl {
  readonly acltype: 'publishClientSend' | 'publishClientReceive' | 'subscribeLiteral';
  readonly topic: string;
}

/** Roles of this name belong to the control plane, which removes those that it does not want. */
export const ROLE_PREFIX = 'cartwright-agent-';

export function roleName(instance: string): string {
  return `${ROLE_PREFIX}${instance}`;
}

/** Subscriptions are compared letter by letter: a wildcard is one only in the filter that is listed. */
export function aclsOf(identity: InstanceIdentity): readonly Acl[] {
  const leaves = AGENT_LEAVES.filter((leaf) => leaf !== 'demand' || identity.isLoadBalancer);
  const reads = [
    clusterTopic(identity, 'desired'),
    instanceTopic(identity, COMMAND_LEAF),
    ...(identity.isLoadBalancer ? [applicationTopologyFilter(identity)] : []),
  ];
  return [
    ...leaves.map((leaf) => ({ acltype: 'publishClientSend', topic: instanceTopic(identity, leaf) }) as const),
    ...reads.map((topic) => ({ acltype: 'publishClientReceive', topic }) as const),
    ...reads.map((topic) => ({ acltype: 'subscribeLiteral', topic }) as const),
  ];
}

/**
 * Which password a client has, as far as it can be seen: the plugin tells none. From a token of 256 random bits, so that
 * nothing can be learnt by it.
 */
export function markOf(token: string): string {
  return createHash('sha256').update(`dynamic-security:${token}`).digest('hex').slice(0, 16);
}

export function createRole(identity: InstanceIdentity): object {
  const acls = aclsOf(identity).map((acl) => ({ ...acl, allow: true }));
  return { command: 'createRole', rolename: roleName(identity.instance), acls };
}

/** The client id is bound to the user name: a token serves one connection. Holds the password: never to be logged. */
export function createClient(instance: string, token: string): object {
  return {
    command: 'createClient',
    username: instance,
    clientid: instance,
    password: token,
    textname: markOf(token),
    roles: [{ rolename: roleName(instance) }],
  };
}
