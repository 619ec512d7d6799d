/** Where something can be put around what has an effect on the world, before the app gets it. A part of the composition root. */

/** Returns the port, or one that behaves as it. */
export type Around = <P extends object>(name: PortName, port: P) => P;

/** `accountsChannel`: what of `accounts` asks a broker that stands outside; made anew at each connection. */
export type PortName =
  | 'store'
  | 'artifacts'
  | 'buildFolders'
  | 'fetcher'
  | 'builder'
  | 'provider'
  | 'tasks'
  | 'messaging'
  | 'accounts'
  | 'accountsChannel';
