/** Carries out each command once, however often it is delivered, and says what became of it. */
import type { Ack, Command } from '../../schema/mqtt/command.ts';
import type { Reason } from '../../schema/mqtt/status.ts';
import { reasonOf } from '../lifecycle/faults.ts';

/** Results kept to answer a repeated command. */
const MAX_REMEMBERED = 256;

type Outcome = { readonly result: 'done' | 'expired' } | { readonly result: 'failed'; readonly reason: Reason };

export class Commands {
  readonly #session: string;
  readonly #execute: (command: Command) => Promise<void>;
  readonly #acknowledge: (ack: Ack) => void;
  readonly #outcomes = new Map<string, Outcome | 'running'>();
  #queue: Promise<void> = Promise.resolve();

  /** @param execute rejects when the command could not be carried out; never called twice for one id. */
  constructor(session: string, execute: (command: Command) => Promise<void>, acknowledge: (ack: Ack) => void) {
    this.#session = session;
    this.#execute = execute;
    this.#acknowledge = acknowledge;
  }

  /** @param receivedAt monotonic milliseconds. Commands are carried out one after another, but a drain waits for nobody. */
  receive(command: Command, receivedAt: number, now: () => number = () => performance.now()): void {
    const known = this.#outcomes.get(command.id);
    if (known === 'running') return;
    if (known) return this.#answer(command.id, known);
    this.#remember(command.id, 'running');
    const carryOut = async () => {
      const isExpired = now() - receivedAt >= command.expiresInMilliseconds;
      const outcome = isExpired ? ({ result: 'expired' } as const) : await this.#outcomeOf(command);
      this.#remember(command.id, outcome);
      this.#answer(command.id, outcome);
    };
    if (command.kind === 'drain') void carryOut();
    else this.#queue = this.#queue.then(carryOut);
  }

  async #outcomeOf(command: Command): Promise<Outcome> {
    try {
      await this.#execute(command);
      return { result: 'done' };
    } catch (error) {
      return { result: 'failed', reason: reasonOf(error) };
    }
  }

  #answer(id: string, outcome: Outcome): void {
    this.#acknowledge({ v: 1, session: this.#session, kind: 'command', id, ...outcome });
  }

  #remember(id: string, outcome: Outcome | 'running'): void {
    this.#outcomes.delete(id);
    this.#outcomes.set(id, outcome);
    for (const [oldest, value] of this.#outcomes) {
      if (this.#outcomes.size <= MAX_REMEMBERED) break;
      if (value !== 'running') this.#outcomes.delete(oldest);
    }
  }
}
