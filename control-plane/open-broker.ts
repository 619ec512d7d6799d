/** The embedded broker, or the connections to an outside one. A part of the composition root. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { createEmbeddedBroker } from './adapters/broker/broker.ts';
import type { PrometheusMetrics } from './adapters/http/metrics.ts';
import { createDynamicSecurityAccounts } from './adapters/mqtt/dynamic-security/accounts.ts';
import { ControlChannel } from './adapters/mqtt/dynamic-security/channel.ts';
import { createMqttMessaging } from './adapters/mqtt/messaging.ts';
import { MessagingError } from './app/errors.ts';
import { inUrl, reachable } from './app/hosts.ts';
import type { InstanceAccess } from './app/instance-access.ts';
import type { BrokerAccounts } from './app/ports/broker-accounts.ts';
import type { Messaging } from './app/ports/messaging.ts';
import type { MayAct } from './app/while-holding.ts';
import type { Around } from './around.ts';
import type { Config } from './config.ts';

export interface OpenBrokerOptions {
  readonly config: Config;
  /** PEM, as of {@link brokerAuthority}. */
  readonly authority: string | undefined;
  readonly access: InstanceAccess;
  /** The name under which this start is known. */
  readonly holder: string;
  readonly mayAct: MayAct;
  readonly logger: Logger;
  readonly metrics: PrometheusMetrics;
  readonly now: () => number;
  readonly around: Around;
}

export interface Broker {
  readonly messaging: Messaging;
  readonly accounts: BrokerAccounts;
  /** At which agents reach it. */
  readonly urls: readonly string[];
  /** Ends what keeps the accounts; the messaging has an end of its own. */
  close(): Promise<void>;
}

/** An outside broker whose accounts somebody else keeps. */
const KEPT_BY_OTHERS: BrokerAccounts = {
  keep: () => undefined,
  grant: async () => true,
  revoke: async () => undefined,
};

/** Throws `MessagingError` where the embedded broker cannot listen or the settings of an outside one are wrong. */
export async function openBroker(options: OpenBrokerOptions): Promise<Broker> {
  const { authority, config, access, holder, mayAct, logger, metrics, now, around } = options;
  const { broker } = config;
  if (broker.kind === 'embedded') {
    const embedded = await createEmbeddedBroker({
      host: broker.host,
      port: broker.port,
      allowPlaintext: true,
      authenticate: (instance, token) => access.identify(instance, token),
      onReject: ({ reason }) => metrics.brokerRefusal(reason),
      logger,
      now,
    });
    const url = `mqtt://${inUrl(reachable(broker.host))}:${embedded.port}`;
    return { messaging: embedded, accounts: embedded, urls: [url], close: async () => undefined };
  }
  const { url, username, security } = broker;
  const password = await passwordIn(broker.passwordFile);
  const messaging = createMqttMessaging({
    url,
    clientId: `cartwright-${holder}`,
    logger,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(authority === undefined ? {} : { authority }),
  });
  if (security === undefined) return { messaging, accounts: KEPT_BY_OTHERS, urls: [url], close: async () => undefined };
  const securityPassword = await passwordIn(security.passwordFile);
  const accounts = createDynamicSecurityAccounts({
    url,
    username: security.username,
    ...(securityPassword === undefined ? {} : { password: securityPassword }),
    ...(authority === undefined ? {} : { authority: Buffer.from(authority) }),
    clientId: `cartwright-security-${holder}`,
    mayAct,
    logger,
    connect: (channel) => around('accountsChannel', new ControlChannel(channel)),
  });
  return { messaging, accounts, urls: [url], close: () => accounts.close() };
}

const LARGEST_AUTHORITY_BYTES = 256 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of an outside broker's authorities, for this program's connection and for agents; `undefined` where none is set.
 * Throws `MessagingError` MQTT_CA_FILE_UNREADABLE or MQTT_CA_FILE_INVALID; tells of those that have expired.
 */
export async function brokerAuthority(
  { broker }: Pick<Config, 'broker'>,
  logger: Pick<Logger, 'warn'>,
  now: number,
): Promise<string | undefined> {
  if (broker.kind === 'embedded' || broker.caFile === undefined) return undefined;
  const path = broker.caFile;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MessagingError(
      'MQTT_CA_FILE_UNREADABLE',
      `the file ${path} with the broker's certificate authority cannot be read: ${(error as Error).message}; CARTWRIGHT_BROKER_CA_FILE names it`,
      { cause: error },
    );
  }
  const invalid = (what: string, cause?: unknown): MessagingError =>
    new MessagingError(
      'MQTT_CA_FILE_INVALID',
      `the file ${path} of CARTWRIGHT_BROKER_CA_FILE ${what}; expected certificates in PEM and nothing secret`,
      { cause },
    );
  if (text.length > LARGEST_AUTHORITY_BYTES) throw invalid(`has more than ${LARGEST_AUTHORITY_BYTES} bytes`);
  if (text.includes('PRIVATE KEY')) throw invalid('holds a private key, which agents must not get');
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw invalid('holds no certificate');
  for (const pem of found) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch (error) {
      throw invalid('holds a certificate that cannot be read', error);
    }
    if (certificate.validToDate.getTime() <= now)
      logger.warn(
        { file: path, subject: certificate.subject, notAfter: certificate.validToDate.toISOString() },
        'a certificate of the broker’s authority has expired: what it has signed is not trusted any more',
      );
  }
  return `${found.join('\n')}\n`;
}

/** Of certificates in PEM, as {@link brokerAuthority} gives them: whose each is, and when it ends, in milliseconds since the epoch. */
export function certificatesIn(pem: string | undefined): { subject: string; notAfter: number }[] {
  return (pem?.match(CERTIFICATE) ?? []).map((text) => {
    const { subject, validToDate } = new X509Certificate(text);
    return { subject: subject.replaceAll('\n', ', '), notAfter: validToDate.getTime() };
  });
}

async function passwordIn(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readFile(file, 'utf8')).trim();
}
