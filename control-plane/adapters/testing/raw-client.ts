/** A client that sends whatever bytes a test wants, for what no decent client library would send. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import type { IConnackPacket, IConnectPacket, Packet } from 'mqtt-packet';
import { eventually } from '../../../test/support/eventually.ts';
import { tokenOf } from './mqtt-client.ts';

export class RawClient {
  readonly socket: Socket;
  readonly packets: Packet[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet) => this.packets.push(packet));
    socket.on('data', (chunk) => parser.parse(chunk));
    // A reset is one of the ways in which the broker may end it; the tests look at `closed`.
    socket.on('error', () => socket.destroy());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) this.socket.write(mqttPacket.generate(packet));
  }

  bytes(...bytes: number[]): void {
    this.socket.write(Buffer.from(bytes));
  }

  /** Sends a CONNECT and returns the code of its answer; `undefined` when the connection was ended instead. */
  async connect(instance: string, changes: Partial<IConnectPacket> = {}): Promise<number | undefined> {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 30,
      clientId: instance,
      username: instance,
      password: Buffer.from(tokenOf(instance)),
      ...changes,
    });
    await eventually('an answer to CONNECT', () => this.closed || this.packets.length > 0);
    return (this.packets.find(({ cmd }) => cmd === 'connack') as IConnackPacket | undefined)?.returnCode;
  }

  async untilClosed(): Promise<void> {
    await eventually('the broker ends the connection', () => this.closed);
  }

  /** Resolves when the broker has handled all that was sent. */
  async ping(): Promise<void> {
    const before = this.count('pingresp');
    this.send({ cmd: 'pingreq' });
    await eventually('an answer to PINGREQ', () => this.count('pingresp') > before);
  }

  count(command: Packet['cmd']): number {
    return this.packets.filter(({ cmd }) => cmd === command).length;
  }

  close(): void {
    this.socket.destroy();
  }
}
