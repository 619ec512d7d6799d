/**
 * The hooks by which aedes asks who may do what. aedes calls them without a net: whatever one of them throws would end the
 * broker, so each of them catches, counts and refuses.
 */
import type { Socket } from 'node:net';
import type { AedesOptions, AedesPublishPacket, AuthenticateError, Client, ConnectPacket } from 'aedes';
import { isId } from '../../../schema/ids.ts';
import type { Authenticate } from '../../app/ports/messaging.ts';
import { Permissions } from './authorisation.ts';
import type { Publication } from './authorisation.ts';
import { Refused, RETURN_CODE, within } from './client-error.ts';
import type { RejectionReason, Rejections } from './rejections.ts';

export interface HookOptions {
  readonly authenticate: Authenticate;
  /** A client came in with this token. */
  readonly onAuthenticated: (client: Client, token: Buffer) => void;
  readonly authenticateMilliseconds: number;
  readonly keepaliveSeconds: number;
  readonly rejections: Rejections;
  /** Called for every allowed publication of a client, wills included. */
  readonly onPublished: (packet: AedesPublishPacket) => void;
}

/** Who a client is in counts and logs: the id that it gave, or its address before it gave one. */
export function sourceOf(client: Client | null): string {
  return client?.id ?? (client?.conn as Socket | undefined)?.remoteAddress ?? '';
}

type Hooks = Required<
  Pick<AedesOptions, 'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'published'>
>;

export function createHooks(options: HookOptions): Hooks {
  const gate = new Gate(options);
  const failed = (client: Client | null, error: unknown): Refused => {
    options.rejections.count('hook-error', sourceOf(client), String(error));
    return new Refused('hook-error', RETURN_CODE.serverUnavailable);
  };
  return {
    preConnect: (client, packet, callback) => {
      let error: Error | null = null;
      try {
        gate.prepare(client, packet);
      } catch (thrown) {
        error = failed(client, thrown);
      }
      callback(error, error === null);
    },
    authenticate: (client, username, password, done) => {
      gate.authenticate(client, username, password).then(
        () => done(null, true),
        (error: unknown) =>
          done((error instanceof Refused ? error : failed(client, error)) as AuthenticateError, false),
      );
    },
    authorizePublish: (client, packet, callback) => {
      let error: Error | null;
      try {
        error = gate.refusePublish(client, packet);
      } catch (thrown) {
        error = failed(client, thrown);
      }
      callback(error);
    },
    authorizeSubscribe: (client, subscription, callback) => {
      let allowed = false;
      try {
        allowed = gate.maySubscribe(client, subscription.topic, subscription.qos);
      } catch (thrown) {
        failed(client, thrown);
      }
      // Nothing in place of the subscription is the failure code 0x80 of SUBACK.
      callback(null, allowed ? subscription : null);
    },
    published: (packet, client, callback) => {
      try {
        // The control plane's own messages and the broker's have no client.
        if ((client as Client | null) !== null) options.onPublished(packet);
      } catch (thrown) {
        failed(client, thrown);
      }
      callback(null);
    },
  };
}

/** Who is connected and what each may do. */
class Gate {
  readonly #options: HookOptions;
  readonly #permissions = new WeakMap<Client, Permissions>();
  readonly #wills = new WeakMap<Client, Publication>();

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** Sessions end with the connection, so that nothing is kept for those who are away; and nobody is silent for ever. */
  prepare(client: Client, packet: ConnectPacket): void {
    packet.clean = true;
    const longest = this.#options.keepaliveSeconds;
    const asked = packet.keepalive ?? 0;
    packet.keepalive = asked > 0 ? Math.min(asked, longest) : longest;
    if (packet.will === undefined) return;
    const { topic, qos = 0, retain = false, payload } = packet.will;
    this.#wills.set(client, { topic, qos, retain, payload });
  }

  /** Rejects with `Refused` when the client is not who it says, or wants a will that is not its own. */
  async authenticate(client: Client, username: string | undefined, password: Buffer | undefined): Promise<void> {
    const { id } = client;
    if (!isId(id)) {
      throw this.#refuse(client, 'identifier', 'the client id is no instance id', RETURN_CODE.identifierRejected);
    }
    if (username !== id || password === undefined) {
      const detail = 'expected the instance id as user name and its token as password';
      throw this.#refuse(client, 'credentials', detail, RETURN_CODE.badCredentials);
    }
    const { authenticate, authenticateMilliseconds } = this.#options;
    const identity = await within(authenticateMilliseconds, authenticate(id, password.toString()), () =>
      this.#refuse(client, 'unavailable', 'the token could not be checked in time', RETURN_CODE.serverUnavailable),
    );
    if (identity?.instance !== id) {
      throw this.#refuse(client, 'credentials', 'the token is not this instance’s', RETURN_CODE.badCredentials);
    }
    const permissions = new Permissions(identity);
    const will = this.#wills.get(client);
    if (will !== undefined && !permissions.mayLeaveWill(will)) {
      throw this.#refuse(client, 'will', `a will for ${will.topic}`, RETURN_CODE.notAuthorised);
    }
    this.#permissions.set(client, permissions);
    this.#options.onAuthenticated(client, password);
  }

  refusePublish(client: Client | null, packet: Publication): Refused | null {
    if (client === null) return null;
    const permissions = this.#permissions.get(client);
    const reason = permissions === undefined ? 'publish-topic' : permissions.refusePublish(packet);
    if (reason === undefined) return null;
    const { topic, qos, retain, payload } = packet;
    const detail = `${topic} at QoS ${qos}${retain ? ', retained' : ''}, ${Buffer.byteLength(payload)} bytes`;
    return this.#refuse(client, reason, detail, RETURN_CODE.notAuthorised);
  }

  maySubscribe(client: Client, filter: string, qos: number): boolean {
    if (this.#permissions.get(client)?.maySubscribe(filter, qos) === true) return true;
    this.#options.rejections.count('subscribe', sourceOf(client), `${filter} at QoS ${qos}`);
    return false;
  }

  #refuse(client: Client, reason: RejectionReason, detail: string, returnCode: number): Refused {
    this.#options.rejections.count(reason, sourceOf(client), detail);
    return new Refused(reason, returnCode);
  }
}
