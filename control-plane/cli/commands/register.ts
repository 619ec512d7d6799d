/** All commands, by the words that they begin with. Each is loaded when it is asked for, so that the program starts fast. */
import type { Command } from 'commander';
import type { Session } from '../client/session.ts';
import type { Io } from '../io.ts';
import { Printer, type Format } from '../output/printer.ts';

/** Options of every command. */
interface GlobalOptions {
  readonly output: Format;
  readonly context?: string;
  readonly tenant?: string;
}

/** Gives `work` a session with the control plane that the command line names, and closes it. */
export type WithSession = (work: (session: Session) => Promise<void>) => Promise<void>;

/** What commands are made with. */
interface Making {
  readonly program: Command;
  readonly io: Io;
  readonly setExit: (code: number) => void;
  readonly printer: () => Printer;
  readonly withSession: WithSession;
}

/** In the order in which --help lists them. A test sees that the words are those of the commands that are made. */
const GROUPS: readonly { readonly words: readonly string[]; readonly make: (making: Making) => Promise<void> }[] = [
  {
    words: ['keys', 'serve', 'restore', 'mosquitto-users', 'demo'],
    make: async ({ program, io, setExit, printer, withSession }) => {
      (await import('./server.ts')).registerServerCommands(program, io, printer, setExit);
      (await import('./register-keys-status.ts')).registerKeysStatusCommand(program, withSession);
    },
  },
  {
    words: ['cluster'],
    make: async ({ program, io, printer, withSession }) =>
      (await import('./register-cluster.ts')).registerClusterCommands(program, io, printer, withSession),
  },
  {
    words: ['config', 'credential', 'secret'],
    make: async ({ program, withSession }) =>
      (await import('./register-configuration.ts')).registerConfigurationCommands(program, withSession),
  },
  {
    words: ['cartridge'],
    make: async ({ program, io, printer, withSession }) =>
      (await import('./register-cartridge.ts')).registerCartridgeCommands(program, io, printer, withSession),
  },
  {
    words: ['certificate'],
    make: async ({ program, withSession }) =>
      (await import('./register-certificate.ts')).registerCertificateCommands(program, withSession),
  },
  {
    words: ['deploy', 'rollback', 'restart', 'delete'],
    make: async ({ program, withSession }) =>
      (await import('./register-deploy.ts')).registerDeployCommands(program, withSession),
  },
  {
    words: ['forecast', 'doctor', 'top'],
    make: async ({ program, withSession, setExit }) =>
      (await import('./register-live.ts')).registerLiveCommands(program, withSession, setExit),
  },
  {
    words: ['notice'],
    make: async ({ program, withSession }) =>
      (await import('./register-notice.ts')).registerNoticeCommands(program, withSession),
  },
  {
    words: ['policy', 'quota', 'route'],
    make: async ({ program, withSession }) =>
      (await import('./register-nouns.ts')).registerNounCommands(program, withSession),
  },
  {
    words: ['get', 'describe', 'plan', 'why', 'logs', 'events', 'decisions', 'history', 'usage', 'audit', 'releases'],
    make: async ({ program, withSession }) =>
      (await import('./register-read.ts')).registerReadCommands(program, withSession),
  },
  {
    words: ['apply', 'diff', 'export'],
    make: async ({ program, io, withSession, setExit }) =>
      (await import('./register-manifests.ts')).registerManifestCommands(program, io, withSession, setExit),
  },
  {
    words: ['metadata'],
    make: async ({ program, withSession }) =>
      (await import('./register-metadata.ts')).registerMetadataCommand(program, withSession),
  },
  {
    words: ['open'],
    make: async ({ program, withSession }) =>
      (await import('./register-open.ts')).registerOpenCommand(program, withSession),
  },
  {
    words: ['run'],
    make: async ({ program, withSession, setExit }) =>
      (await import('./register-run.ts')).registerRunCommand(program, withSession, setExit),
  },
  {
    words: ['scale', 'pause', 'resume', 'shadow', 'stop', 'start', 'backtest', 'freeze', 'unfreeze'],
    make: async ({ program, withSession }) =>
      (await import('./register-scaling.ts')).registerScalingCommands(program, withSession),
  },
  {
    words: ['simulate'],
    make: async ({ program, io, printer }) =>
      (await import('./register-simulate.ts')).registerSimulateCommand(program, io, printer),
  },
  {
    words: ['tenant', 'token'],
    make: async ({ program, withSession }) =>
      (await import('./register-tenancy.ts')).registerTenancyCommands(program, withSession),
  },
  {
    words: ['webhook'],
    make: async ({ program, withSession }) =>
      (await import('./register-webhook.ts')).registerWebhookCommands(program, withSession),
  },
  {
    words: ['backup'],
    make: async ({ program, io, printer, withSession }) =>
      (await import('./register-backup.ts')).registerBackupCommand(program, io, printer, withSession),
  },
  {
    words: ['login', 'context', 'version', 'completion', '__complete'],
    make: async ({ program, io, printer }) =>
      (await import('./register-own.ts')).registerOwnCommands(program, io, printer),
  },
];

/**
 * Adds the commands of the group that `word` belongs to; without a word, and for one that no command begins with, all of them.
 * The options of `program` must be those of {@link GlobalOptions}.
 */
export async function registerCommands(
  program: Command,
  io: Io,
  setExit: (code: number) => void,
  word: string | undefined,
): Promise<void> {
  const printer = (): Printer => new Printer(io, program.opts<GlobalOptions>().output);
  const withSession: WithSession = async (work) => {
    const [{ findEndpoint }, { Client }] = await Promise.all([
      import('../client/endpoint.ts'),
      import('../client/client.ts'),
    ]);
    const endpoint = await findEndpoint(io.env, program.opts<GlobalOptions>());
    const client = new Client(endpoint, io.interrupted, io.env);
    const uninterrupted = new Client(endpoint, new AbortController().signal, io.env);
    try {
      await work({ io, client, uninterrupted, printer: printer(), tenant: endpoint.tenant });
    } finally {
      await Promise.all([client.close(), uninterrupted.close()]);
    }
  };
  const meant = GROUPS.filter(({ words }) => word !== undefined && words.includes(word));
  for (const { make } of meant.length === 0 ? GROUPS : meant)
    await make({ program, io, setExit, printer, withSession });
}

/** The words that commands begin with, by group. */
export function commandWords(): readonly (readonly string[])[] {
  return GROUPS.map(({ words }) => words);
}
