/** Everything that starting a release takes, worked out before anything is started. */
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import type { Check } from '../../schema/manifests/cartridge.ts';
import { cartridgeOf, type HeldCartridge } from '../artifacts/cartridge.ts';
import type { PreparedRelease } from '../artifacts/releases.ts';
import { Fault } from './faults.ts';
import { hookPathOf } from './hooks.ts';
import { applicationEnvironment } from './environment.ts';
import { probeOf, type Probe } from './probe.ts';
import type { Listener } from './listeners.ts';

export interface Launch {
  readonly release: string;
  /** What it is run with. */
  readonly cartridge: HeldCartridge;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: nothing to ask; it is ready when it has run for a second. */
  readonly readiness: Probe | undefined;
  /** How long it may take to get ready. */
  readonly deadlineSeconds: number;
  /** What asks it to end; what a cartridge says of its own hook is nothing to a start command of the application's. */
  readonly stopSignal: NodeJS.Signals;
  readonly health: { readonly probe: Probe; readonly failureThreshold: number } | undefined;
  /** What it is expected to listen on, by the port that readiness asks, with the name of the variable that told it. */
  readonly expected: (Listener & { readonly variable: string }) | undefined;
}

export interface LaunchContext {
  readonly document: InstanceDocument;
  readonly home: string;
  readonly metadata: string;
  readonly path: string;
  readonly socket: string | undefined;
}

const DEFAULT_DEADLINE_SECONDS = 60;

/** The declared check, else a TCP connection to the first port, else none. */
function readinessCheck(
  prepared: PreparedRelease,
  { spec }: HeldCartridge,
  document: InstanceDocument,
): Check | undefined {
  const declared = prepared.configuration.readiness ?? spec.readiness;
  if (declared) return declared;
  const port = document.ports.find(({ protocol }) => protocol === 'http') ?? document.ports[0];
  if (!port) return undefined;
  const defaults = {
    intervalSeconds: 1,
    timeoutSeconds: 2,
    deadlineSeconds: DEFAULT_DEADLINE_SECONDS,
    failureThreshold: 3,
  };
  return { tcp: { port: port.name }, ...defaults };
}

function expectedListener(probe: Probe | undefined, document: InstanceDocument): Launch['expected'] {
  if (!probe || probe.kind === 'command') return undefined;
  const port = document.ports.find((candidate) => candidate.port === probe.port);
  const first = document.ports.find(({ protocol }) => protocol === 'http') ?? document.ports[0];
  const variable = !port || port === first ? 'PORT' : `PORT_${port.name.toUpperCase().replaceAll('-', '_')}`;
  return { host: document.listenHost, port: probe.port, variable };
}

/** Throws a {@link Fault} when there is nothing to start. */
export function launchOf(prepared: PreparedRelease, context: LaunchContext): Launch {
  const { document } = context;
  const cartridge = cartridgeOf(prepared.configuration, document);
  const { spec } = cartridge;
  const startHook = hookPathOf(cartridge, 'start');
  const command = prepared.configuration.start ?? (startHook === undefined ? undefined : [startHook]);
  if (!command)
    throw new Fault(
      'no-start-command',
      `release ${prepared.release} has no start command and the cartridge ${cartridge.name} has no hook start. Set "start" of the component`,
    );
  const environment = applicationEnvironment({ ...context, ...prepared });
  const commandContext = { cwd: prepared.tree, environment };
  const check = readinessCheck(prepared, cartridge, document);
  const readiness = check && probeOf(check, document, commandContext);
  const health = spec.health && probeOf(spec.health, document, commandContext);
  return {
    release: prepared.release,
    cartridge,
    command,
    cwd: prepared.tree,
    environment,
    readiness,
    deadlineSeconds: check?.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS,
    stopSignal: (prepared.configuration.start === undefined ? spec.stopSignal : undefined) ?? 'SIGTERM',
    health: health && spec.health ? { probe: health, failureThreshold: spec.health.failureThreshold } : undefined,
    expected: expectedListener(readiness, document),
  };
}
