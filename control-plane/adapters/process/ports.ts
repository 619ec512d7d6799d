/** Choosing the ports of an instance: from the provider's range, claimed by no other instance and really free. */
import { createServer } from 'node:net';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import { ProviderError, RequestError } from '../../app/errors.ts';
import type { InstanceRequest } from '../../app/ports/provider.ts';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Who holds which port by its directory; `alive` is false when only the directory is left. */
export type PortClaims = ReadonlyMap<number, { readonly instance: string; readonly alive: boolean }>;

type BindResult = 'free' | 'in-use' | 'not-permitted' | 'no-such-address';

const BIND_RESULTS: Readonly<Record<string, BindResult>> = {
  EADDRINUSE: 'in-use',
  EACCES: 'not-permitted',
  EADDRNOTAVAIL: 'no-such-address',
};

/** Asks the kernel by binding and letting go. */
function tryBind(port: number, host: string): Promise<BindResult> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const result = BIND_RESULTS[error.code ?? ''];
      if (result === undefined) reject(error);
      else resolve(result);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

/** Throws `ProviderError` ADDRESS_UNKNOWN when nothing can listen on this host. */
export async function checkAddress(host: string): Promise<void> {
  if ((await tryBind(0, host)) !== 'no-such-address') return;
  throw new ProviderError('ADDRESS_UNKNOWN', `${host} is no address of this machine; "ip address" lists them`);
}

/** Checks a port that was asked for by number. Throws `ProviderError` PORT_IN_USE or PORT_NOT_PERMITTED. */
async function checkFixedPort(port: number, name: string, host: string, claims: PortClaims): Promise<void> {
  const claim = claims.get(port);
  if (claim?.alive === true) {
    throw new ProviderError(
      'PORT_IN_USE',
      `port ${port} (${name}) is held by instance ${claim.instance}; stop that instance or choose another port`,
    );
  }
  const result = await tryBind(port, host);
  switch (result) {
    case 'free':
      return;
    case 'in-use':
      throw new ProviderError(
        'PORT_IN_USE',
        `port ${port} (${name}) on ${host} is in use by another program; find it with "ss -ltnp sport = :${port}" and stop it, or choose another port`,
      );
    case 'not-permitted':
      throw new ProviderError(
        'PORT_NOT_PERMITTED',
        `port ${port} (${name}) may not be listened on by this user; choose a port above 1023`,
      );
    case 'no-such-address':
      throw new ProviderError(
        'PORT_NOT_PERMITTED',
        `${host} is no address of this machine; choose another listen host`,
      );
  }
}

/**
 * Gives out ports of a range in turn, so that a port just let go is the last to be used again: somebody may still hold a
 * connection or a route to what was there.
 */
export class PortCursor {
  readonly #range: PortRange;
  #next: number;

  /** `start` in [0, 1) is where in the range to begin. */
  constructor(range: PortRange, start: number) {
    this.#range = range;
    this.#next = range.from + Math.floor(start * (range.to - range.from + 1));
  }

  /** The next free port that is not in `taken`. Throws `ProviderError` PORTS_EXHAUSTED. */
  async take(host: string, taken: ReadonlySet<number>): Promise<number> {
    const { from, to } = this.#range;
    for (let tried = from; tried <= to; tried += 1) {
      const port = this.#next;
      this.#next = port === to ? from : port + 1;
      if (!taken.has(port) && (await tryBind(port, host)) === 'free') return port;
    }
    throw new ProviderError(
      'PORTS_EXHAUSTED',
      `no port from ${from} to ${to} on ${host} is free; delete instances or give the provider a larger range`,
    );
  }
}

/**
 * The ports of a new instance, in the order in which its cartridge declares them. Throws `ProviderError` PORT_IN_USE,
 * PORT_NOT_PERMITTED, PORT_UNKNOWN or PORTS_EXHAUSTED.
 * @param lowest port that the instance's user may listen on
 */
export async function choosePorts(
  { document, fixedPorts }: InstanceRequest,
  host: string,
  claims: PortClaims,
  cursor: PortCursor,
  lowest = 1,
): Promise<InstanceDocument['ports']> {
  const wanted = document.cartridge.spec.ports;
  const unknown = Object.keys(fixedPorts).find((name) => !wanted.some((port) => port.name === name));
  if (unknown !== undefined) {
    throw new ProviderError(
      'PORT_UNKNOWN',
      `a port number was given for "${unknown}", but cartridge ${document.cartridge.name} declares no port of that name`,
    );
  }
  const taken = new Set([...claims.keys(), ...Object.values(fixedPorts)]);
  const ports: InstanceDocument['ports'] = [];
  for (const { name, protocol } of wanted) {
    const fixed = fixedPorts[name];
    if (fixed !== undefined && fixed < lowest)
      throw new ProviderError(
        'PORT_NOT_PERMITTED',
        `port ${fixed} (${name}) may not be listened on by the users of tenants; choose a port from ${lowest} on, or lower net.ipv4.ip_unprivileged_port_start`,
      );
    if (fixed !== undefined) await checkFixedPort(fixed, name, host, claims);
    const port = fixed ?? (await cursor.take(host, taken));
    taken.add(port);
    ports.push({ name, protocol, port });
  }
  return ports;
}

/**
 * The lowest port of a range that is free on `host` and not in `taken`, for what keeps its port for good (a load
 * balancer's public one). Throws `RequestError` PORTS_EXHAUSTED.
 */
export async function findFreePort(range: PortRange, host: string, taken: Iterable<number>): Promise<number> {
  try {
    return await new PortCursor(range, 0).take(host, new Set(taken));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { from, to } = range;
    throw new RequestError(
      'PORTS_EXHAUSTED',
      `no public port from ${from} to ${to} is free for one more application; delete one, or an operator gives CARTWRIGHT_PUBLIC_PORTS a larger range`,
      { cause: error },
    );
  }
}
