/** `version`: of this program, and of the control plane that it talks to, where there is one. */
import type { Client } from '../client/client.ts';
import { CliError } from '../exit.ts';
import { GetPlatform } from '../generated/operations.ts';
import { say, type Io } from '../io.ts';
import { describe, type Line, type Printer } from '../output/printer.ts';
import { packageVersion } from '../package.ts';

/**
 * A control plane that does not answer, or is not told to whom it should, is no failure: this program has its version all the
 * same. `connect` throws `CliError` where nobody said which control plane, or as whom.
 */
export async function version(io: Io, printer: Printer, connect: (() => Promise<Client>) | undefined): Promise<void> {
  const value = {
    version: packageVersion(),
    node: process.versions.node,
    server: connect === undefined ? null : await serverVersion(io, connect),
  };
  const { server } = value;
  const lines: Line[] = [
    ['This program', `${value.version} (Node.js ${value.node})`],
    ...(server === null ? [] : [['Control plane', `${server.version} (${server.url})`] as const]),
  ];
  await printer.one(value, () => describe(lines));
}

async function serverVersion(
  io: Io,
  connect: () => Promise<Client>,
): Promise<{ readonly version: string; readonly url: string } | null> {
  try {
    const client = await connect();
    const { platform } = await client.query(GetPlatform, {});
    return { version: platform.version, url: client.endpoint.url };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    say(io, `the control plane’s version is not known: ${error.message}`);
    return null;
  }
}
