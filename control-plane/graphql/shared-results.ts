/**
 * Subscriptions whose events are the same object for many: each event is executed once for all who ask the same of it, and not once for
 * each of several hundred.
 *
 * Nothing below such a subscription may depend on who asks: who sees which events the feed has decided. A test looks that no field of what they lead to
 * has a resolver of its own.
 */
import {
  createSourceEventStream,
  execute,
  getOperationAST,
  Kind,
  subscribe,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';

/** Names of the subscriptions. */
export const SHARED: ReadonlySet<string> = new Set(['overview']);

type Result = ExecutionResult | Promise<ExecutionResult>;
/** By event, then by what is asked. */
const results = new WeakMap<object, Map<string, Result>>();
const shared = new WeakSet<ExecutionResult>();

/** Whether others may be told the very same result, so that it is worth to be made text once for all. */
export function isShared(result: ExecutionResult): boolean {
  return shared.has(result);
}

/** As graphql's `subscribe`. */
export async function subscribeSharing(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const asked = askedOf(args);
  if (asked === undefined) return (await subscribe(args)) as AsyncIterableIterator<ExecutionResult> | ExecutionResult;
  const events = await createSourceEventStream(args);
  return Symbol.asyncIterator in events ? executed(events, args, asked) : events;
}

function executed(
  events: AsyncIterable<unknown>,
  args: ExecutionArgs,
  asked: string,
): AsyncGenerator<ExecutionResult, void, void> {
  const iterator = events[Symbol.asyncIterator]();
  const ended = { done: true, value: undefined } as const;
  // No async generator: its `return` would wait for the next event.
  return {
    async next() {
      const result = await iterator.next();
      return result.done === true
        ? ended
        : { done: false, value: await sharedResult(result.value as object, args, asked) };
    },
    async return() {
      await iterator.return?.();
      return ended;
    },
    async throw(error: unknown) {
      await iterator.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
    },
  };
}

async function sharedResult(event: object, args: ExecutionArgs, asked: string): Promise<ExecutionResult> {
  const result = await resultOf(event, args, asked);
  shared.add(result);
  return result;
}

function resultOf(event: object, args: ExecutionArgs, asked: string): Result {
  let known = results.get(event);
  if (known === undefined) results.set(event, (known = new Map<string, Result>()));
  let result = known.get(asked);
  if (result === undefined) known.set(asked, (result = execute({ ...args, rootValue: event })));
  return result;
}

/** All that the result depends on beside the event; `undefined` for a subscription that is not shared. */
function askedOf({ document, operationName, variableValues }: ExecutionArgs): string | undefined {
  const selections = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
  const source = document.loc?.source.body;
  const [selection] = selections;
  const isShared =
    source !== undefined &&
    selections.length === 1 &&
    selection?.kind === Kind.FIELD &&
    SHARED.has(selection.name.value);
  return isShared ? JSON.stringify([source, operationName ?? null, variableValues ?? null]) : undefined;
}
