/**
 * The file that Mosquitto's dynamic-security plugin starts with: the control plane's two users, each with just what it does, and
 * everything else denied. Agents are added by the control plane.
 */
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { DELIVERY, INGEST_FILTERS } from '../../../../schema/mqtt/topics.ts';

/** Of PBKDF2-HMAC-SHA-512; the plugin's own are 101, which is little for a password that a person has chosen. */
const ITERATIONS = 20_000;
const SALT_BYTES = 12;
const HASH_BYTES = 64;
const CONTROL = '$CONTROL/dynamic-security/v1';
/** `<shard>/<tenant>/<application>/<alias>`. */
const ANY_CLUSTER = 'cartwright/v1/+/+/+/+';

interface Entry {
  readonly acltype: string;
  readonly topic: string;
}

export interface FirstFileOptions {
  /** Who reads what agents write, and writes what they read. */
  readonly user: { readonly name: string; readonly password: string };
  /** Who changes accounts; nobody else may, the other user included. */
  readonly security: { readonly name: string; readonly password: string };
}

/** The file's text. It holds salted hashes, no password. */
export function firstFile({ user, security }: FirstFileOptions): string {
  const roles = [
    { rolename: 'cartwright-control-plane', acls: allowed(controlPlaneEntries()) },
    { rolename: 'cartwright-security', acls: allowed(securityEntries()) },
  ];
  const file = {
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: false,
      subscribe: false,
      unsubscribe: true,
    },
    clients: [client(user, 'cartwright-control-plane'), client(security, 'cartwright-security')],
    groups: [],
    roles,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Its own leaves; of the agents' those that are retained, which it clears. */
function controlPlaneEntries(): Entry[] {
  const own = ['desired', 'topology', '+/command'];
  const cleared = (['status', 'artifact'] as const).filter((leaf) => DELIVERY[leaf].retain).map((leaf) => `+/${leaf}`);
  return [
    ...[...own, ...cleared].map((leaf) => ({ acltype: 'publishClientSend', topic: `${ANY_CLUSTER}/${leaf}` })),
    ...INGEST_FILTERS.flatMap(reading),
  ];
}

function securityEntries(): Entry[] {
  return [{ acltype: 'publishClientSend', topic: CONTROL }, ...reading(`${CONTROL}/response`)];
}

function reading(topic: string): Entry[] {
  return [
    { acltype: 'publishClientReceive', topic },
    { acltype: 'subscribeLiteral', topic },
  ];
}

function allowed(entries: readonly Entry[]): object[] {
  return entries.map((entry) => ({ ...entry, priority: 0, allow: true }));
}

function client({ name, password }: { name: string; password: string }, role: string): object {
  const salt = randomBytes(SALT_BYTES);
  const hash = pbkdf2Sync(password, salt, ITERATIONS, HASH_BYTES, 'sha512');
  return {
    username: name,
    roles: [{ rolename: role, priority: 0 }],
    password: hash.toString('base64'),
    salt: salt.toString('base64'),
    iterations: ITERATIONS,
  };
}
