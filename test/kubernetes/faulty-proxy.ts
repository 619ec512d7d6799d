/** Between the control plane and an API server: lets everything through, cuts all connections, or holds them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { parse, stringify } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: { readonly server: string } }[];
}

export class FaultyProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isHolding = false;
  /** Connections that were taken so far. */
  connections = 0;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.connections += 1;
      this.#join(client, connect(Number(target.port === '' ? 443 : target.port), target.hostname));
    });
  }

  /** In front of the API server of this kubeconfig. */
  static async open(kubeconfig: string): Promise<FaultyProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultyProxy(server, new URL(clusterIn(kubeconfig).cluster.server));
  }

  /** A kubeconfig of the same API server, by way of this proxy, which has no certificate for its own address. */
  through(kubeconfig: string): string {
    const { name, cluster } = clusterIn(kubeconfig);
    const server = `https://127.0.0.1:${this.port}`;
    const changed = { ...cluster, server, 'tls-server-name': new URL(cluster.server).hostname };
    return stringify({ ...(parse(kubeconfig) as Kubeconfig), clusters: [{ name, cluster: changed }] });
  }

  /** As a router that was restarted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As a host that hangs: connections are taken, and nothing comes back. */
  hold(): void {
    this.#isHolding = true;
    for (const socket of this.#sockets) socket.pause();
  }

  goOn(): void {
    this.#isHolding = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, server: Socket): void {
    const pairs = [
      [client, server],
      [server, client],
    ] as const;
    for (const [from, to] of pairs) {
      this.#sockets.add(from);
      from.on('data', (chunk) => void to.write(chunk));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isHolding) from.pause();
    }
  }
}

function clusterIn(kubeconfig: string): Kubeconfig['clusters'][number] {
  return (parse(kubeconfig) as Kubeconfig).clusters[0]!;
}
