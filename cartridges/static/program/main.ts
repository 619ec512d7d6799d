/** Entry of the bundle dist/cartridges/static/static.mjs: serves the folder that it is started in. */
import { readSettings } from './settings.ts';
import { startServer } from './server.ts';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): never {
  process.stderr.write(`static: ${line}\n`);
  process.exit(1);
}

const read = readSettings(process.env, process.cwd());
if (!read.ok) fail(read.message);
const { settings } = read;
const server = await startServer(settings).catch((error: unknown) =>
  fail(`cannot listen on ${settings.host}:${settings.port}: ${(error as Error).message}`),
);
say(`serving ${settings.root} on ${server.address.address}:${server.address.port}`);

let isEnding = false;
function end(signal: NodeJS.Signals): void {
  if (isEnding) return;
  isEnding = true;
  say(`${signal}: ending after the requests in flight`);
  server.close().then(
    () => process.exit(0),
    (error: unknown) => fail(`did not end cleanly: ${(error as Error).message}`),
  );
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
