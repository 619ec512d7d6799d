/** What `serve` and `demo` need of the machine; the client commands run anywhere. */

const LEAST_NODE_MAJOR = 24;

export interface Machine {
  /** As in `process.versions.node`, such as 24.21.0. */
  readonly nodeVersion: string;
  /** As in `process.platform`. */
  readonly platform: string;
}

/** One line that says why `command` cannot run here and what to do; `undefined` when it can. */
export function missingRequirement(command: string, machine: Machine): string | undefined {
  if (machine.platform !== 'linux') {
    return (
      `"cartwright ${command}" runs on Linux only and this is ${machine.platform}; ` +
      'use a Linux machine, and "cartwright login URL" to work with it from here'
    );
  }
  const major = Number.parseInt(machine.nodeVersion, 10);
  if (Number.isNaN(major) || major < LEAST_NODE_MAJOR) {
    return (
      `"cartwright ${command}" needs Node.js ${LEAST_NODE_MAJOR} or newer and this is ${machine.nodeVersion}; ` +
      'install a newer one from https://nodejs.org and try again'
    );
  }
  return undefined;
}
