/** The brokers that a world may have: the control plane's own, one that lets in everybody, and one that is told whom to let in. */
import { pbkdf2Sync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Mosquitto, SECURED_USERS } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { OutsideBroker } from '../../control-plane/adapters/mqtt/testing/outside-broker.ts';

/** `secured`: a Mosquitto with its dynamic-security plugin, whose accounts the control plane keeps. */
export type BrokerKind = 'embedded' | 'outside' | 'secured';

/** One account of an agent, as the broker has it. */
interface Account {
  readonly instance: string;
  readonly accepts: (token: string) => boolean;
}

export interface CrashBroker {
  /** Of the control plane's environment; files are written into the folder. */
  settings(directory: string): Promise<Readonly<Record<string, string>>>;
  /** Topics with a retained message. */
  retained(): Promise<string[]>;
  /** `null` where the broker keeps none. Rejects while it writes them. */
  accounts(): Promise<readonly Account[] | null>;
  close(): Promise<void>;
}

/** Whether the program for a broker of {@link BrokerKind} `secured` is on this machine. */
export function hasMosquitto(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'mosquitto')));
}

export function openBroker(kind: BrokerKind): Promise<CrashBroker> {
  if (kind === 'secured') return secured();
  return kind === 'outside' ? outside() : Promise.resolve(EMBEDDED);
}

/** What is retained ends with the control plane. */
const EMBEDDED: CrashBroker = {
  settings: async () => ({}),
  retained: async () => [],
  accounts: async () => null,
  close: async () => undefined,
};

async function outside(): Promise<CrashBroker> {
  const broker = await OutsideBroker.start();
  return {
    settings: async () => ({ CARTWRIGHT_BROKER_URL: broker.url }),
    retained: () => broker.retained(),
    accounts: async () => null,
    close: () => broker.close(),
  };
}

async function secured(): Promise<CrashBroker> {
  const broker = await Mosquitto.startSecured();
  return {
    async settings(directory) {
      const settings: Record<string, string> = { CARTWRIGHT_BROKER_URL: broker.url };
      for (const [name, user] of Object.entries({
        BROKER: SECURED_USERS.user,
        BROKER_SECURITY: SECURED_USERS.security,
      })) {
        const file = join(directory, name);
        await writeFile(file, `${user.password}\n`, { mode: 0o600 });
        settings[`CARTWRIGHT_${name}_USERNAME`] = user.name;
        settings[`CARTWRIGHT_${name}_PASSWORD_FILE`] = file;
      }
      return settings;
    },
    retained: () => broker.retained(),
    accounts: async () => accountsIn(await readFile(broker.accountsFile, 'utf8')),
    close: () => broker.close(),
  };
}

interface PluginFile {
  readonly clients: readonly { username: string; password?: string; salt?: string; iterations?: number }[];
}

/** Every client but those that stand for no agent. */
function accountsIn(text: string): Account[] {
  const others: readonly string[] = [...Object.values(SECURED_USERS).map(({ name }) => name), Mosquitto.READER];
  return (JSON.parse(text) as PluginFile).clients
    .filter(({ username }) => !others.includes(username))
    .map(({ username, password = '', salt = '', iterations = 1 }) => ({
      instance: username,
      accepts: (token) =>
        pbkdf2Sync(token, Buffer.from(salt, 'base64'), iterations, 64, 'sha512').toString('base64') === password,
    }));
}
