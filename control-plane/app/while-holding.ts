/** What acts outside the database, for the holder of a lease only: each call asks first, at the last moment before it is handed on. */
import type { Messaging } from './ports/messaging.ts';
import type { TaskProvider } from './ports/tasks.ts';
import type { Provider } from './ports/provider.ts';

/** Throws when another control plane may have taken over. Asks no database: there is no moment between its answer and the act. */
export type MayAct = () => void;

export function providerWhileHolding(provider: Provider, mayAct: MayAct): Provider {
  return {
    name: provider.name,
    isolatesTenants: provider.isolatesTenants,
    list: () => provider.list(),
    create: (request) => checked(mayAct, () => provider.create(request)),
    replaceToken: (instance, token) => checked(mayAct, () => provider.replaceToken(instance, token)),
    stop: (instance, graceSeconds) => checked(mayAct, () => provider.stop(instance, graceSeconds)),
    remove: (instance) => checked(mayAct, () => provider.remove(instance)),
    room: (needs, placement) => provider.room(needs, placement),
    unseen: () => provider.unseen?.() ?? [],
    tail: (instance, lines) => provider.tail(instance, lines),
    ...(provider.keepRelease === undefined
      ? {}
      : { keepRelease: (cluster, release) => provider.keepRelease?.(cluster, release) }),
    settle: (cluster) => {
      mayAct();
      provider.settle?.(cluster);
    },
    removeCluster: (cluster) => checked(mayAct, async () => provider.removeCluster?.(cluster)),
    addressOf: async (cluster) => provider.addressOf?.(cluster),
    onChange: (listener) => provider.onChange(listener),
    close: () => provider.close(),
  };
}

export function tasksWhileHolding(tasks: TaskProvider, mayAct: MayAct): TaskProvider {
  return {
    asksForTokens: tasks.asksForTokens,
    list: () => tasks.list(),
    unseen: () => tasks.unseen(),
    observe: (task) => tasks.observe(task),
    start: (request) => checked(mayAct, () => tasks.start(request)),
    stop: (task, graceSeconds) => checked(mayAct, () => tasks.stop(task, graceSeconds)),
    output: (task, from) => tasks.output(task, from),
    settled: (task) => checked(mayAct, () => tasks.settled(task)),
    remove: (task) => checked(mayAct, () => tasks.remove(task)),
    onChange: (listener) => tasks.onChange(listener),
    close: () => tasks.close(),
  };
}

/** What is retained at a broker replaces what the new holder has put there, whatever epoch it bears. */
export function messagingWhileHolding(messaging: Messaging, mayAct: MayAct): Messaging {
  return {
    start: (listener) => messaging.start(listener),
    publish: (topic, payload) => checked(mayAct, () => messaging.publish(topic, payload)),
    clear: (topic) => checked(mayAct, () => messaging.clear(topic)),
    get isConnected() {
      return messaging.isConnected;
    },
    get problem() {
      return messaging.problem;
    },
    close: () => messaging.close(),
  };
}

async function checked<T>(mayAct: MayAct, act: () => Promise<T>): Promise<T> {
  mayAct();
  return await act();
}
