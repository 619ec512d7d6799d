/** Fault points around the ports of the control plane: whatever is no read is an effect. */
import type { Around, PortName } from '../../../control-plane/around.ts';
import type { FaultPoints } from './fault-points.ts';

/** What changes nothing outside, by port; everything else does, so that a port that grows is covered. */
const READS: { readonly [N in PortName]: readonly string[] } = {
  store: ['get', 'find', 'after', 'newest', 'last', 'currentFence', 'ping', 'close', 'prune', 'idempotent'],
  artifacts: ['unpack', 'holds', 'path', 'list'],
  buildFolders: ['cache', 'caches'],
  fetcher: ['close', 'mirrors', 'mirrorOf'],
  builder: [],
  provider: ['list', 'room', 'tail', 'onChange', 'close'],
  tasks: ['list', 'observe', 'output', 'onChange', 'close'],
  messaging: ['start', 'close'],
  // The embedded broker is its own accounts; what `keep` begins is of `accountsChannel`.
  accounts: ['keep', 'close'],
  accountsChannel: ['close'],
};

/** Commands of the plugin for accounts that only read. */
const READING_COMMAND = /^(get|list)/;

export function aroundPorts(points: FaultPoints): Around {
  return (name, port) => interposed(port, name, '', points);
}

function interposed<P extends object>(target: P, port: PortName, prefix: string, points: FaultPoints): P {
  return new Proxy(target, {
    get(_target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof key === 'symbol') return value;
      if (typeof value === 'object' && value !== null) return interposed(value, port, `${key}.`, points);
      if (typeof value !== 'function') return value;
      const call = value as (...args: unknown[]) => Promise<unknown>;
      if (READS[port].includes(key)) return (...args: unknown[]) => call.apply(target, args);
      return (...args: unknown[]) => {
        const detail = detailOf(port, args);
        return detail === undefined
          ? call.apply(target, args)
          : points.async(`${port} ${prefix}${key}${detail}`, () => call.apply(target, args));
      };
    },
  });
}

/** Topics of different leaves are different effects, and so are the plugin's commands; `undefined` for a question that changes nothing. */
function detailOf(port: PortName, [first]: readonly unknown[]): string | undefined {
  if (port === 'messaging' && typeof first === 'string') return ` ${first.slice(first.lastIndexOf('/') + 1)}`;
  if (port !== 'accountsChannel') return '';
  const commands = new Set((first as readonly { command: string }[]).map(({ command }) => command));
  return [...commands].every((command) => READING_COMMAND.test(command)) ? undefined : ` ${[...commands].join('+')}`;
}
