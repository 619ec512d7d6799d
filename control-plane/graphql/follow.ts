/** Feeds of the app as the sources of subscriptions. */
import type { GraphQLContext } from './context.ts';

/**
 * Follows a feed: pulls one item each time the subscriber is ready for it, and none ahead.
 *
 * When the subscriber leaves, the feed's signal aborts at once, also while it waits for its next item. (An async generator
 * would not do: its `return` waits for that item.)
 */
function follow<T, S>(
  context: GraphQLContext,
  open: (signal: AbortSignal) => AsyncIterable<T>,
  shape: (item: T) => S,
): AsyncIterableIterator<S> {
  const controller = new AbortController();
  const items = open(controller.signal)[Symbol.asyncIterator]();
  return {
    async next() {
      const result = await items.next();
      if (result.done) return { done: true, value: undefined };
      context.once.clear();
      return { done: false, value: shape(result.value) };
    },
    async return() {
      controller.abort();
      await items.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The `subscribe` of a subscription: opens a feed with the subscription's arguments and follows it. */
export function following<A, T, S>(
  open: (context: GraphQLContext, args: A, signal: AbortSignal) => AsyncIterable<T>,
  shape: (item: T) => S,
): (data: { args: A; context: GraphQLContext }) => AsyncIterable<S> {
  return ({ args, context }) => follow(context, (signal) => open(context, args, signal), shape);
}
