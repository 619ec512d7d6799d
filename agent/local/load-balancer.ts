/** Between the broker and the load balancer beside this agent: topologies down, acknowledgements and demand up. */
import type { Ack } from '../../schema/mqtt/command.ts';
import type { DemandReport } from '../../schema/mqtt/demand.ts';
import { parseTopology, type TopologyDocument } from '../../schema/mqtt/topology.ts';
import type { CertificatesDocument } from '../../schema/agent/certificates.ts';
import type { Balancing } from '../../schema/agent/release-document.ts';
import type { ToBalancer } from '../../schema/local/load-balancer.ts';
import type { Reach } from '../config/reach.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { Certificates } from './certificates.ts';
import { DemandSum } from './demand-sum.ts';
import { LoadBalancerSocket, type LoadBalancerListener } from './load-balancer-socket.ts';
import { isBorneOut, isMissed, withFound, type Found } from './found-members.ts';
import { MemberSearch, type MemberSearchOptions } from './member-search.ts';
import { Topologies } from './topologies.ts';

export interface LoadBalancerOptions {
  readonly socketPath: string;
  readonly topologiesPath: string;
  readonly certificatesPath: string;
  readonly token: () => string;
  /** The balancer's own alias: its document says which others there are. */
  readonly alias: string;
  readonly session: string;
  readonly log: AgentLog;
  /** How the URLs of topologies are asked; as they are if absent. */
  readonly reach?: Reach;
  /** Where members are looked for while no broker names them; nowhere if absent. */
  readonly search?: Pick<
    MemberSearchOptions,
    'places' | 'isConnected' | 'isAlone' | 'isUntold' | 'resolve' | 'passMilliseconds'
  >;
  readonly acknowledge: (ack: Ack) => void;
  readonly report: (demand: DemandReport) => void;
}

export class LoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #topologies: Topologies;
  readonly #certificates: Certificates;
  readonly #search: MemberSearch | undefined;
  readonly #sum = new DemandSum();
  #socket: LoadBalancerSocket | undefined;
  #sequence = 0;

  private constructor(options: LoadBalancerOptions) {
    this.#options = options;
    this.#topologies = new Topologies(options.topologiesPath, options.alias, (error) =>
      options.log('error', 'topologies not kept on disk', { error: error.message }),
    );
    this.#certificates = new Certificates({
      path: options.certificatesPath,
      token: options.token,
      log: options.log,
      onChange: ({ certificates }) => this.#socket?.send({ type: 'certificates', certificates }),
    });
    if (options.search !== undefined)
      this.#search = new MemberSearch({
        ...options.search,
        isFound: (alias) => this.#topologies.isFound(alias),
        onFound: (alias, found) => this.#found(alias, found),
        isMissed: (alias, found) => {
          const published = this.#topologies.published(alias);
          return published !== undefined && isMissed(published, found);
        },
        log: options.log,
      });
  }

  static async open(options: LoadBalancerOptions): Promise<LoadBalancer> {
    const opened = new LoadBalancer(options);
    const listener: LoadBalancerListener = {
      hello: (program) => opened.#hello(program),
      message: (message) => {
        if (message.type === 'demand') opened.#demand(message);
        else opened.#applied(message);
      },
      garbage: (detail) => options.log('warn', 'line from the load balancer not understood', { detail }),
    };
    opened.#socket = await LoadBalancerSocket.open(options.socketPath, listener);
    opened.#offerCertificates();
    opened.#search?.start();
    return opened;
  }

  get socketPath(): string {
    return this.#options.socketPath;
  }

  /** A message of the topic `topology`; empty when the topic was cleared. */
  receive(alias: string, payload: Buffer): void {
    if (payload.length === 0) {
      if (this.#topologies.remove(alias)) this.#socket?.send({ type: 'removed', alias });
      return;
    }
    const parsed = parseTopology(payload);
    if (!parsed.ok) {
      this.#options.log('warn', 'topology not understood', { alias, problem: parsed.problem, detail: parsed.detail });
      return;
    }
    this.#take(alias, parsed.value);
  }

  /** What the release document says, until somebody publishes anything: it is older than all of that. */
  async begin({ targets }: Balancing, certificates?: CertificatesDocument): Promise<void> {
    for (const { alias, topology } of targets) this.#take(alias, { ...topology, members: [] });
    if (certificates !== undefined) await this.#certificates.begin(certificates);
  }

  #take(alias: string, document: TopologyDocument): void {
    const result = this.#topologies.offer(alias, document);
    if (result === 'changed') {
      this.#socket?.send({ type: 'topology', alias, document });
      // Removed while this agent and the broker were apart: nothing but the list says so.
      for (const gone of this.#topologies.unlisted(alias)) {
        this.#topologies.remove(gone);
        this.#socket?.send({ type: 'removed', alias: gone });
      }
    }
    if (alias === this.#options.alias) this.#offerCertificates();
    // Whoever publishes it again may have lost the acknowledgement.
    if (result === 'known' && this.#topologies.isApplied(alias, document)) this.#acknowledge(alias, document);
  }

  /** Apart from the broker all that is found counts; after that for as long as the newest document names somebody who is not there. */
  #found(alias: string, found: Found): void {
    const published = this.#topologies.published(alias);
    if (published === undefined) return;
    const isOver = this.#options.search?.isConnected() === true && isBorneOut(published, found);
    if (found.hosts.length === 0 && !isOver) return;
    const document = isOver ? published : withFound(published, found);
    if (!this.#topologies.find(alias, document)) return;
    this.#options.log('info', 'members found by name', { alias, members: document.members.length });
    this.#socket?.send({ type: 'topology', alias, document });
  }

  /** By the balancer's own document. One that says nothing of certificates changes nothing. */
  #offerCertificates(): void {
    const { alias, reach = (url) => url } = this.#options;
    const offer = this.#topologies.all.get(alias)?.certificates;
    if (offer !== undefined) this.#certificates.offer({ ...offer, url: reach(offer.url) });
  }

  #hello(program: string): ToBalancer[] {
    this.#options.log('info', 'load balancer connected', { program });
    this.#topologies.forgetApplied();
    const { all, aliases } = this.#topologies;
    const { held } = this.#certificates;
    return [
      ...[...all].map(([alias, document]) => ({ type: 'topology', alias, document }) as const),
      ...(aliases === undefined ? [] : [{ type: 'aliases', aliases } as const]),
      ...(held === undefined ? [] : [{ type: 'certificates', certificates: held.certificates } as const]),
    ];
  }

  #applied(version: { alias: string; uid: string; epoch: number; generation: number }): void {
    const { alias, uid, epoch, generation } = version;
    if (this.#topologies.applied(alias, { uid, epoch, generation })) this.#acknowledge(alias, version);
  }

  #acknowledge(alias: string, { uid, epoch, generation }: { uid: string; epoch: number; generation: number }): void {
    this.#options.acknowledge({
      v: 1,
      session: this.#options.session,
      kind: 'topology',
      alias,
      uid,
      epoch,
      generation,
    });
  }

  #demand(demand: { uptimeSeconds: number; targets: DemandReport['targets'] }): void {
    this.#sequence += 1;
    const { uptimeSeconds, targets } = this.#sum.add(demand);
    this.#search?.heard(targets);
    this.#options.report({
      v: 1,
      session: this.#options.session,
      sequence: this.#sequence,
      ageMilliseconds: 0,
      uptimeSeconds,
      targets,
    });
  }

  /** After a connect: what the balancer goes by, for a control plane that may not know it. */
  acknowledgeAll(): void {
    for (const [alias, version] of this.#topologies.acknowledged) this.#acknowledge(alias, version);
  }

  drain(): void {
    this.#socket?.send({ type: 'drain' });
  }

  async close(): Promise<void> {
    this.#search?.close();
    await this.#certificates.close();
    await this.#socket?.close();
    await this.#topologies.close();
  }
}
