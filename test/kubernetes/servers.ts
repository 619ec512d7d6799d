/** A PostgreSQL and a Mosquitto in a namespace of the cluster, as an operator has them beside the control plane. */
import { randomBytes } from 'node:crypto';
import { firstFile } from '../../control-plane/adapters/mqtt/dynamic-security/first-file.ts';
import { applyObjects, kubectl, RESTRICTED } from './cluster.ts';

const POSTGRES_PORT = 5432;
const MQTT_PORT = 1883;
const USER = 'cartwright';
const SECURITY_USER = 'cartwright-security';
const password = (): string => randomBytes(24).toString('base64url');

/** What the chart is told of them, but for the image; passwords are in the secret `passwords`. */
export const SERVER_VALUES = {
  database: {
    url: `postgres://${USER}@postgres:${POSTGRES_PORT}/postgres?sslmode=disable`,
    passwordSecret: { name: 'passwords', key: 'database' },
  },
  broker: {
    url: `mqtt://mosquitto:${MQTT_PORT}`,
    username: USER,
    passwordSecret: { name: 'passwords', key: 'broker' },
    security: { username: SECURITY_USER, passwordSecret: { name: 'passwords', key: 'security' } },
  },
};

/** Starts both, from images by their names (`postgres`, `mosquitto`). Resolves when both let connections in. */
export async function startServers(namespace: string, images: ReadonlyMap<string, string>): Promise<void> {
  const passwords = { database: password(), broker: password(), security: password() };
  const users = firstFile({
    user: { name: USER, password: passwords.broker },
    security: { name: SECURITY_USER, password: passwords.security },
  });
  await applyObjects([
    secret(namespace, 'passwords', passwords),
    secret(namespace, 'mosquitto-users', { users }),
    ...server(namespace, { name: 'postgres', image: images.get('postgres')!, port: POSTGRES_PORT }, 'passwords', [
      { key: 'database', path: 'password' },
    ]),
    ...server(namespace, { name: 'mosquitto', image: images.get('mosquitto')!, port: MQTT_PORT }, 'mosquitto-users', [
      { key: 'users', path: 'users' },
    ]),
  ]);
  for (const name of ['postgres', 'mosquitto'])
    await kubectl('-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=120s');
}

function secret(namespace: string, name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
}

function server(
  namespace: string,
  { name, image, port }: { readonly name: string; readonly image: string; readonly port: number },
  secretName: string,
  items: readonly { readonly key: string; readonly path: string }[],
): object[] {
  const labels = { app: name };
  const container = {
    name,
    image,
    ports: [{ containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    securityContext: { ...RESTRICTED, readOnlyRootFilesystem: false },
    volumeMounts: [
      { name: 'data', mountPath: '/data' },
      { name: 'given', mountPath: '/run/test' },
    ],
  };
  const volumes = [
    { name: 'data', emptyDir: {} },
    { name: 'given', secret: { secretName, items } },
  ];
  const securityContext = { runAsUser: 10_001, fsGroup: 10_001 };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: labels },
        strategy: { type: 'Recreate' },
        template: { metadata: { labels }, spec: { securityContext, containers: [container], volumes } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port }] },
    },
  ];
}
