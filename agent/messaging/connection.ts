/** One connection to one broker: MQTT 3.1.1 by MQTT.js over plain TCP or TLS. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import mqttClient from 'mqtt/lib/client';

/** The client class itself: the package's main module also loads WebSocket, SOCKS and other transports that no agent uses. */
const { default: MqttClient } = mqttClient;
export type Client = InstanceType<typeof MqttClient>;

const KEEPALIVE_SECONDS = 10;
const CONNECT_TIMEOUT_MILLISECONDS = 5000;

export interface ConnectionOptions {
  readonly url: string;
  readonly clientId: string;
  readonly password: string;
  /** PEM of the authorities that a broker's certificate is checked against; those of the machine if absent. */
  readonly authorities?: string | undefined;
  readonly will: { readonly topic: string; readonly payload: Buffer };
}

function openStream(url: URL, authorities: string | undefined): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isSecure = url.protocol === 'mqtts:';
  const port = Number(url.port) || (isSecure ? 8883 : 1883);
  const socket = isSecure
    ? connectTls({
        ...{ host, port },
        ...(isIP(host) ? {} : { servername: host }),
        ...(authorities === undefined ? {} : { ca: authorities }),
      })
    : connectTcp({ host, port });
  return socket.setNoDelay(true);
}

/** Begins to connect; the client never connects again by itself. Its errors and its close are events. */
export function openConnection({ url, clientId, password, authorities, will }: ConnectionOptions): Client {
  const open = (client: Client): Socket => {
    const stream = openStream(new URL(url), authorities);
    // MQTT.js tells of some errors of the network and of none of TLS.
    return stream.on('error', (error) => void client.emit('error', error));
  };
  return new MqttClient(open, {
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId,
    username: clientId,
    password,
    clean: true,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false,
    will: { ...will, qos: 1, retain: true },
  });
}
