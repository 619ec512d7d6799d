/** The certificates by host name. New handshakes go by the newest set; connections that are open keep what they began with. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { HeldCertificate } from '../../../../schema/agent/certificates.ts';
import type { Log } from '../log.ts';

export class Certificates {
  readonly #log: Log;
  #byHost: ReadonlyMap<string, SecureContext> = new Map();
  #fallback: HeldCertificate | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether there is none, so that nobody can be spoken to by TLS. */
  get isEmpty(): boolean {
    return this.#byHost.size === 0;
  }

  /** For clients that name no host, or one without a certificate of its own. */
  get fallback(): HeldCertificate | undefined {
    return this.#fallback;
  }

  /** Takes the whole set over. One that cannot be used is left out and logged; the others are taken. */
  apply(all: readonly HeldCertificate[]): void {
    const byHost = new Map<string, SecureContext>();
    let fallback: HeldCertificate | undefined;
    for (const certificate of all) {
      const { host, chain, key, isDefault } = certificate;
      try {
        byHost.set(host, createSecureContext({ cert: chain, key, minVersion: 'TLSv1.2' }));
        if (isDefault) fallback = certificate;
      } catch (error) {
        // OpenSSL's own words name a reason and quote nothing of a key.
        this.#log('error', 'certificate left out', { host, error: (error as Error).message });
      }
    }
    this.#byHost = byHost;
    this.#fallback = fallback;
  }

  /** The host's own, else the one for all names of its domain that are one label longer, as RFC 6125 has it. */
  contextFor(name: string): SecureContext | undefined {
    const host = name.toLowerCase().replace(/\.$/, '');
    const dot = host.indexOf('.');
    return this.#byHost.get(host) ?? (dot === -1 ? undefined : this.#byHost.get(`*${host.slice(dot)}`));
  }

  /** Whether a client that names this host, or none, is shown a certificate at all. */
  has(name: string | undefined): boolean {
    return this.#fallback !== undefined || (name !== undefined && this.contextFor(name) !== undefined);
  }
}
