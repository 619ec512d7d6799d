/** Hosts that one listens on, and how others get there. */

/** The address at which this machine itself reaches what listens on `listenHost`. */
export function reachable(listenHost: string): string {
  if (listenHost === '0.0.0.0') return '127.0.0.1';
  return listenHost === '::' ? '::1' : listenHost;
}

/** A host as it stands in a URL: IPv6 in brackets. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
