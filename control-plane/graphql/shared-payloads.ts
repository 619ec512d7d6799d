/**
 * Payloads that are text already. The protocol's library makes the text of every message by itself; a megabyte that several hundred are told in
 * the same second is to be made text once. So it is given a mark in the place of such a payload, and the mark is replaced as the message leaves.
 */
import { randomUUID } from 'node:crypto';
import type { ExecutionResult } from 'graphql';

/** What no client can know, and so no message can hold. */
const MARK = `shared:${randomUUID()}:`;
const END = '"}';

const texts = new WeakMap<ExecutionResult, string>();

/** The text of a result that many are told. */
export function textOf(result: ExecutionResult): string {
  let text = texts.get(result);
  if (text === undefined) texts.set(result, (text = JSON.stringify(result)));
  return text;
}

/** Of one connection. */
export class SharedPayloads {
  readonly #waiting = new Map<string, string>();
  #count = 0;

  /** What stands for the payload of the message that is made next. */
  stand(text: string): ExecutionResult {
    const mark = `${MARK}${(this.#count += 1)}`;
    this.#waiting.set(mark, text);
    return { toJSON: () => mark } as ExecutionResult;
  }

  /** The message with what a mark in it stands for. */
  fill(message: string): string {
    if (this.#waiting.size === 0 || !message.endsWith(END)) return message;
    const start = message.lastIndexOf('"', message.length - END.length - 1) + 1;
    const mark = message.slice(start, -END.length);
    const text = this.#waiting.get(mark);
    if (text === undefined) return message;
    this.#waiting.delete(mark);
    return `${message.slice(0, start - 1)}${text}}`;
  }
}
