/**
 * Keeps the accounts of Mosquitto's dynamic-security plugin equal to the agents that there are.
 *
 * Level-triggered: what is wanted is asked for and compared with what is there, at each connect and every few minutes, so that
 * nothing depends on a message that got lost or on a file that the plugin has lost. Between that only what changes is told.
 */
import type { Logger } from 'pino';
import type { AgentAccount, BrokerAccounts } from '../../../app/ports/broker-accounts.ts';
import { markOf, roleName, aclsOf } from './account.ts';
import { ControlChannel, type Answer, type ChannelOptions, type ControlConnection } from './channel.ts';
import { openDefaults, readPresent, type PresentClient } from './listing.ts';
import { commandsFor, instancesToChange } from './plan.ts';

export interface DynamicSecurityOptions extends Pick<
  ChannelOptions,
  'url' | 'username' | 'password' | 'authority' | 'clientId'
> {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Throws when another control plane may have taken over: its agents are not ours to lock out. */
  readonly mayAct?: () => void;
  readonly backOffMilliseconds?: { readonly first: number; readonly longest: number };
  /** How often everything is compared while connected. */
  readonly compareMilliseconds?: number;
  /** Longest wait of `grant` and `revoke`. */
  readonly waitMilliseconds?: number;
  readonly answerMilliseconds?: number;
  readonly random?: () => number;
  /** Begins a connection; one of MQTT if absent. */
  readonly connect?: (options: ChannelOptions) => ControlConnection;
}

export interface DynamicSecurityAccounts extends BrokerAccounts {
  close(): Promise<void>;
}

const BACK_OFF = { first: 500, longest: 30_000 };
const COMPARE_MILLISECONDS = 300_000;
const WAIT_MILLISECONDS = 2000;
const ANSWER_MILLISECONDS = 30_000;
/**
 * Instances in one message. The plugin writes its whole file for each command, in the thread that serves everybody else too, so
 * a message must not keep it for long.
 */
const INSTANCES_A_BATCH = 5;

/** Connects when it is told what to keep. */
export function createDynamicSecurityAccounts(options: DynamicSecurityOptions): DynamicSecurityAccounts {
  return new Accounts(options);
}

class Accounts implements DynamicSecurityAccounts {
  readonly #options: DynamicSecurityOptions;
  #list: (() => readonly AgentAccount[]) | undefined;
  readonly #wanted = new Map<string, AgentAccount>();
  /** What the plugin held when it was last read, and what was told to it since. */
  #clients = new Map<string, PresentClient>();
  #roles = new Map<string, readonly string[]>();
  /** Instances that something may have to be told of. */
  readonly #dirty = new Set<string>();
  readonly #waiting = new Map<string, Set<(isTold: boolean) => void>>();
  #channel: ControlConnection | undefined;
  #isConnected = false;
  #mustCompare = true;
  #isWorking = false;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: DynamicSecurityOptions) {
    this.#options = options;
  }

  keep(wanted: () => readonly AgentAccount[]): void {
    this.#list = wanted;
    this.#connect();
  }

  async grant(account: AgentAccount): Promise<boolean> {
    this.#wanted.set(account.identity.instance, account);
    return this.#told(account.identity.instance);
  }

  async revoke(instance: string): Promise<void> {
    this.#wanted.delete(instance);
    await this.#told(instance);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#channel?.close();
    for (const instance of this.#waiting.keys()) this.#settle(instance, false);
  }

  /** Whether the broker has it, after the wait at the latest. */
  #told(instance: string): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#dirty.add(instance);
    return new Promise((resolve) => {
      const settle = (isTold: boolean): void => {
        clearTimeout(timer);
        waiters.delete(settle);
        resolve(isTold);
      };
      const timer = setTimeout(settle, this.#options.waitMilliseconds ?? WAIT_MILLISECONDS, false);
      const waiters = this.#waiting.get(instance) ?? new Set();
      this.#waiting.set(instance, waiters.add(settle));
      void this.#work();
    });
  }

  #settle(instance: string, isTold: boolean): void {
    for (const settle of this.#waiting.get(instance) ?? []) settle(isTold);
    this.#waiting.delete(instance);
  }

  #connect(): void {
    const { url, username, password, authority, clientId, answerMilliseconds } = this.#options;
    const { connect = (channel: ChannelOptions): ControlConnection => new ControlChannel(channel) } = this.#options;
    this.#channel = connect({
      url,
      username,
      ...(password === undefined ? {} : { password }),
      ...(authority === undefined ? {} : { authority }),
      clientId,
      answerMilliseconds: answerMilliseconds ?? ANSWER_MILLISECONDS,
      onConnected: () => {
        this.#isConnected = true;
        this.#mustCompare = true;
        void this.#work();
      },
      onLost: (reason) => this.#lost(reason),
    });
  }

  #lost(reason: string): void {
    this.#isConnected = false;
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const { first, longest } = this.#options.backOffMilliseconds ?? BACK_OFF;
    const wait = Math.min(longest, first * 2 ** Math.min(this.#attempts, 30)) * (this.#options.random ?? Math.random)();
    this.#attempts += 1;
    this.#options.logger.warn(
      { reason, retryMilliseconds: Math.round(wait) },
      'no connection to the broker’s accounts; see that Mosquitto runs with its dynamic-security plugin, and that it knows the user',
    );
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  /** Tells the plugin all that is to be told, in small messages; one run at a time. */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#isConnected && (this.#mustCompare || this.#dirty.size > 0)) {
        this.#options.mayAct?.();
        if (this.#mustCompare) await this.#compare();
        else await this.#tell([...this.#dirty].slice(0, INSTANCES_A_BATCH));
      }
      if (this.#isConnected) this.#attempts = 0;
    } catch (error) {
      if (this.#isClosed) return;
      // It ends the connection where that has not ended by itself: the next one begins with a comparison.
      this.#options.logger.warn(
        { reason: (error as Error).message },
        'the broker’s accounts were not brought up to date',
      );
      this.#channel?.close();
    } finally {
      this.#isWorking = false;
    }
  }

  async #compare(): Promise<void> {
    const channel = this.#channel!;
    const open = await openDefaults(channel);
    if (open.length > 0) {
      const acls = open.map((acltype) => ({ acltype, allow: false }));
      await channel.ask([{ command: 'setDefaultACLAccess', acls }]);
      this.#options.logger.warn(
        { access: open },
        'the broker allowed by default what no role says; it denies that now',
      );
    }
    const present = await readPresent(channel);
    // From here to the plan nothing is waited for: what is granted meanwhile is in the list or comes after it.
    this.#clients = new Map(present.clients);
    this.#roles = new Map(present.roles);
    this.#mustCompare = false;
    this.#wanted.clear();
    for (const account of this.#list?.() ?? []) this.#wanted.set(account.identity.instance, account);
    const changes = instancesToChange(this.#wanted, present);
    for (const instance of changes) this.#dirty.add(instance);
    for (const instance of this.#waiting.keys()) if (!this.#dirty.has(instance)) this.#settle(instance, true);
    const locked = [...this.#wanted.values()].filter(
      ({ token, identity }) => token === null && !present.clients.has(identity.instance),
    );
    this.#options.logger.info(
      { agents: this.#wanted.size, toChange: changes.length },
      'the broker’s accounts were compared with the instances',
    );
    if (locked.length > 0)
      this.#options.logger.error(
        { instances: locked.map(({ identity }) => identity.instance).slice(0, 20), count: locked.length },
        'the broker does not know these instances, and their tokens cannot be computed again (their key is not in the key file): put the key back, or let them be replaced',
      );
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#mustCompare = true;
      void this.#work();
    }, this.#options.compareMilliseconds ?? COMPARE_MILLISECONDS);
  }

  async #tell(instances: readonly string[]): Promise<void> {
    const told = instances.map((instance) => {
      this.#dirty.delete(instance);
      const wanted = this.#wanted.get(instance);
      const present = { clients: this.#clients, roles: this.#roles };
      return { instance, wanted, commands: commandsFor(instance, wanted, present) };
    });
    const commands = told.flatMap((one) => one.commands);
    if (commands.length > 0) this.#check(await this.#channel!.ask(commands));
    for (const { instance, wanted, commands: own } of told) {
      if (own.length > 0) this.#remember(instance, wanted);
      // Changed again meanwhile: whoever asked for that waits on.
      if (!this.#dirty.has(instance)) this.#settle(instance, true);
    }
  }

  /** What an answer does not fit to was changed by somebody else: everything is compared again. */
  #check(answers: readonly Answer[]): void {
    const errors = answers.flatMap(({ error }) => error ?? []);
    if (errors.length > 0) throw new Error(`the plugin refused: ${[...new Set(errors)].join(', ').slice(0, 200)}`);
  }

  #remember(instance: string, wanted: AgentAccount | undefined): void {
    if (wanted === undefined || wanted.token === null) {
      this.#clients.delete(instance);
      this.#roles.delete(roleName(instance));
      return;
    }
    this.#clients.set(instance, {
      clientid: instance,
      textname: markOf(wanted.token),
      disabled: false,
      roles: [roleName(instance)],
      groups: 0,
    });
    this.#roles.set(
      roleName(instance),
      aclsOf(wanted.identity).map(({ acltype, topic }) => `${acltype} ${topic}`),
    );
  }
}
