/** The control plane as the chart runs it, by what an operator has of it: its pods, its notes and its Service. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { kubectl } from './cluster.ts';
import { isReady, podsIn, type PodView } from './pods.ts';

const SELECTOR = 'app.kubernetes.io/name=cartwright-control-plane';

export const helm = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.env.CARTWRIGHT_TEST_HELM ?? 'helm', args, { maxBuffer: 1e7 })).stdout;

export class Installed {
  readonly namespace: string;
  readonly #name: string;

  constructor(namespace: string, name: string) {
    this.namespace = namespace;
    this.#name = name;
  }

  pods(): Promise<PodView[]> {
    return podsIn(this.namespace, SELECTOR);
  }

  /** Names of those that are ready: of the one that leads. */
  async ready(): Promise<string[]> {
    return (await this.pods()).filter(isReady).map(({ metadata }) => metadata.name);
  }

  /** How many run, whether they lead or wait. */
  async started(): Promise<number> {
    return (await this.pods()).filter(({ status }) => status.containerStatuses?.[0]?.started === true).length;
  }

  /** Runs the command line in the pod that leads, with the operator's token that its volume holds. */
  async inLeader(...args: readonly string[]): Promise<string> {
    const [leader] = await this.ready();
    return kubectl('-n', this.namespace, 'exec', leader!, '--', 'cartwright', ...args);
  }

  /** The commands of the installation's notes, each as it stands there. */
  async notes(): Promise<string[]> {
    const text = await helm('get', 'notes', this.#name, '-n', this.namespace);
    return [...text.matchAll(/^ {2}(\S(?:.*\\\n)*.*)$/gm)].map(([, command]) => command!);
  }

  /** Its Service at the node's port. */
  async url(): Promise<string> {
    const port = await kubectl(
      ...['-n', this.namespace, 'get', 'service', this.#name, '-o', 'jsonpath={.spec.ports[0].nodePort}'],
    );
    const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    return `http://${await kubectl('get', 'nodes', '-o', path)}:${port}`;
  }

  /** Whether its account may do this in all namespaces: a verb, a resource, and options of `kubectl auth can-i`. */
  async may(...what: readonly string[]): Promise<boolean> {
    const account = `system:serviceaccount:${this.namespace}:${this.#name}`;
    const asked = kubectl('auth', 'can-i', ...what, '--all-namespaces', '--as', account);
    return asked.then(
      (text) => text.trim() === 'yes',
      (error: unknown) => {
        // `can-i` says no by its exit code.
        if ((error as { stdout?: string }).stdout?.trim() === 'no') return false;
        throw error;
      },
    );
  }
}

/** Output of a command as somebody types it. */
export async function shell(command: string): Promise<string> {
  return (await promisify(execFile)('sh', ['-c', command])).stdout;
}

/** What a `kubectl port-forward` leads to at a port of this machine, while it runs. */
export interface Way extends AsyncDisposable {
  readonly url: string;
}

export async function forwarded(command: string): Promise<Way> {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [first] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as unknown[];
  const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(String(first)) ?? [];
  if (port === undefined) throw new Error(`${command}: ${String(first)}`);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
