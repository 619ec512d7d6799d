/**
 * Takes what a broker delivers, in a process of its own, so that its processor time is nobody else's: as the control plane does, with windows kept, or
 * bare, for comparison. `receiver KIND CLUSTERS INSTANCES_EACH [PORT]`; says where it listens and for whom, and whenever it is asked how far it is.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import pino from 'pino';
import { createEmbeddedBroker } from '../../../../control-plane/adapters/broker/broker.ts';
import { createMqttMessaging } from '../../../../control-plane/adapters/mqtt/messaging.ts';
import type { InstanceIdentity, Messaging } from '../../../../control-plane/app/ports/messaging.ts';
import { INGEST_FILTERS } from '../../../../schema/mqtt/topics.ts';
import { Taking, type Reporter } from '../taking.ts';

/** `embedded`, `outside`: ours, with each broker; `bare-aedes`, `bare-client`: what only counts. */
export type ReceiverKind = 'embedded' | 'outside' | 'bare-aedes' | 'bare-client';

export interface Receiving {
  readonly port: number;
  readonly reporters: readonly Reporter[];
}

export interface Progress {
  readonly taken: number;
  readonly stale: number;
  /** Processor time since its start, in seconds. */
  readonly cpuSeconds: number;
}

const [kind, clusters, instancesEach, port] = process.argv.slice(2);
const taking = new Taking({
  clusters: Number(clusters),
  instancesEach: Number(instancesEach),
  since: Date.now() - 10_000,
});
const logger = pino({ level: 'error' }, pino.destination(2));
let counted = 0;

function identityOf(reporter: Reporter | undefined): InstanceIdentity | undefined {
  return reporter && { ...reporter.key, isLoadBalancer: false };
}

async function takingFrom(messaging: Messaging): Promise<void> {
  await messaging.start({
    message: (message) => taking.ingest.message(message),
    connected: () => undefined,
    disconnected: (reason) => logger.error({ reason }, 'the broker has gone'),
  });
}

const STARTS: { readonly [K in ReceiverKind]: () => Promise<number> } = {
  async embedded() {
    const byUid = new Map(taking.reporters.map((reporter) => [reporter.instance, reporter]));
    const broker = await createEmbeddedBroker({
      host: '127.0.0.1',
      port: 0,
      authenticate: async (instance) => identityOf(byUid.get(instance)),
      logger,
      // What a connection may send is bounded by what an agent has to say; here one says in a second what others do in minutes.
      limits: { packetBurst: 1e9, packetsPerSecond: 1e9, byteBurst: 1e12, bytesPerSecond: 1e12 },
    });
    await takingFrom(broker);
    return broker.port;
  },
  async outside() {
    await takingFrom(createMqttMessaging({ url: `mqtt://127.0.0.1:${port}`, clientId: 'cartwright', logger }));
    return Number(port);
  },
  async 'bare-aedes'() {
    const aedes = new Aedes({
      concurrency: 0,
      published: (_packet, client, done) => {
        if ((client as object | null) !== null) counted += 1;
        done(null);
      },
    });
    await aedes.listen();
    const server = createServer((socket) => aedes.handle(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  async 'bare-client'() {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'bare', protocolVersion: 4 });
    client.on('message', () => (counted += 1));
    await client.subscribeAsync([...INGEST_FILTERS], { qos: 0 });
    return Number(port);
  },
};

const listening: Receiving = { port: await STARTS[kind as ReceiverKind](), reporters: taking.reporters };
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const progress: Progress = {
    ...{ taken: counted + taking.accepted, stale: taking.stale, cpuSeconds: (user + system) / 1e6 },
  };
  process.send!(progress);
});
process.on('disconnect', () => process.exit());
process.send!(listening);
