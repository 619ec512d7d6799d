/** One look at whether an application answers: TCP, HTTP or a command. */
import { get } from 'node:http';
import { connect } from 'node:net';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import type { Check } from '../../schema/manifests/cartridge.ts';
import { exitText, ProcessGroup } from './process-group.ts';

/** `undefined`: it answers. Otherwise what was seen instead, as the end of a sentence. */
type Finding = string | undefined;

/** A check with its addresses looked up: complete in itself. */
export type Probe = { readonly intervalSeconds: number; readonly timeoutSeconds: number } & (
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'command';
      readonly command: readonly string[];
      readonly cwd: string;
      readonly environment: Readonly<Record<string, string>>;
    }
);

export interface CommandContext {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Where to knock for an application that listens on `listenHost`. */
function reachable(listenHost: string): string {
  if (listenHost === '0.0.0.0') return '127.0.0.1';
  return listenHost === '::' ? '::1' : listenHost;
}

/** `undefined` when the check names a port that the instance does not have. */
export function probeOf(check: Check, document: InstanceDocument, context: CommandContext): Probe | undefined {
  const { intervalSeconds, timeoutSeconds } = check;
  if (check.command) return { kind: 'command', intervalSeconds, timeoutSeconds, command: check.command, ...context };
  const name = check.http?.port ?? check.tcp?.port;
  const port = document.ports.find((candidate) => candidate.name === name)?.port;
  if (port === undefined) return undefined;
  const common = { intervalSeconds, timeoutSeconds, host: reachable(document.listenHost), port };
  return check.http ? { kind: 'http', path: check.http.path, ...common } : { kind: 'tcp', ...common };
}

function probeTcp(host: string, port: number, signal: AbortSignal): Promise<Finding> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`no connection to ${host}:${port} (${signal.aborted ? 'timed out' : (error.code ?? error.message)})`),
    );
  });
}

function probeHttp(host: string, port: number, path: string, signal: AbortSignal): Promise<Finding> {
  return new Promise((resolve) => {
    const request = get(
      { host, port, path, signal, agent: false, headers: { 'user-agent': 'cartwright-agent' } },
      (response) => {
        response.destroy();
        const status = response.statusCode ?? 0;
        resolve(status >= 200 && status < 400 ? undefined : `GET ${path} answered ${status}`);
      },
    );
    request.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`GET ${path} on port ${port} failed (${signal.aborted ? 'timed out' : (error.code ?? error.message)})`),
    );
  });
}

async function probeCommand(probe: Extract<Probe, { kind: 'command' }>, signal: AbortSignal): Promise<Finding> {
  let group: ProcessGroup;
  try {
    group = await ProcessGroup.start(probe);
  } catch (error) {
    return `the check ${probe.command[0]} cannot be started (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
  }
  group.stdout.resume();
  group.stderr.resume();
  const aborted = new Promise<'aborted'>((resolve) =>
    signal.addEventListener('abort', () => resolve('aborted'), { once: true }),
  );
  const exit = await Promise.race([group.exited, aborted]);
  await group.end(0);
  if (exit === 'aborted') return `the check ${probe.command[0]} timed out`;
  const isGood = exit.kind === 'code' && exit.code === 0;
  return isGood ? undefined : `the check ${probe.command[0]} ended with ${exitText(exit)}`;
}

/** Never rejects; takes at most the probe's time limit. */
export function runProbe(probe: Probe, signal: AbortSignal): Promise<Finding> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutSeconds * 1000)]);
  switch (probe.kind) {
    case 'http':
      return probeHttp(probe.host, probe.port, probe.path, limit);
    case 'tcp':
      return probeTcp(probe.host, probe.port, limit);
    case 'command':
      return probeCommand(probe, limit);
  }
}
