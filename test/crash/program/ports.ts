/** Fault points around the ports of the control plane: whatever is no read is an effect. */
import type { Around, PortName } from '../../../control-plane/main.ts';
import type { FaultPoints } from './fault-points.ts';

/** What changes nothing outside, by port; everything else does, so that a port that grows is covered. */
const READS: { readonly [N in PortName]: readonly string[] } = {
  store: ['get', 'find', 'after', 'newest', 'last', 'currentFence', 'ping', 'close', 'prune', 'idempotent'],
  artifacts: ['unpack', 'path', 'list'],
  buildFolders: ['cache'],
  fetcher: ['close'],
  builder: [],
  provider: ['list', 'room', 'tail', 'onChange', 'close'],
  messaging: ['start', 'close'],
};

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
      return (...args: unknown[]) =>
        points.async(`${port} ${prefix}${key}${leafOf(port, args)}`, () => call.apply(target, args));
    },
  });
}

/** Topics of different leaves are different effects. */
function leafOf(port: PortName, [topic]: readonly unknown[]): string {
  return port === 'messaging' && typeof topic === 'string' ? ` ${topic.slice(topic.lastIndexOf('/') + 1)}` : '';
}
