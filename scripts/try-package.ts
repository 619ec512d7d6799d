/**
 * `npm run try-package`: what somebody gets who installs the package. Packs the tree as it is built, installs the archive in an
 * empty folder without development dependencies, and goes once from `serve` to a page that is answered, for a folder and
 * for the samples of the cartridges. Bounded in time, on free ports, in a temporary folder that is removed.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireBuilt } from '../test/support/built.ts';

const root = join(import.meta.dirname, '..');
/** A third of it the console, each file of which is there as it is and compressed in two ways. */
const MOST_ARCHIVE_BYTES = 4 * 1024 * 1024;
const INSTALL_MILLISECONDS = 240_000;
const COMMAND_MILLISECONDS = 60_000;
const SERVER =
  "require('node:http').createServer((_, response) => response.end('tiny')).listen(process.env.PORT, process.env.HOST);";

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Place {
  readonly packageDirectory: string;
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
}

const started = performance.now();
const directory = await mkdtemp(join(tmpdir(), 'cartwright-package-'));
let controlPlane: ChildProcess | undefined;
try {
  const archive = await pack();
  const place = await install(archive);
  checkContents(place);
  await checkVersion(place);
  await checkOlderNode(place);
  controlPlane = await serve(place);
  await tryDeploy(place, 'tiny', await makeTinyApplication(), 'tiny');
  await tryDeploy(place, 'pages', await sampleOf(place, 'static'), '<!doctype html>');
  await tryDeploy(place, 'sample', await sampleOf(place, 'nodejs'), '');
  await tryDeploy(place, 'days', await sampleOf(place, 'base'), '{"date":');
  await end(controlPlane);
  done(`the package works (${seconds(started)} s in all)`);
} finally {
  controlPlane?.kill('SIGKILL');
  endInstances();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function pack(): Promise<string> {
  requireBuilt();
  const { stdout } = await succeed(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', directory],
    root,
  );
  const [name] = readdirSync(directory).filter((entry) => entry.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack made no archive: ${stdout}`);
  const bytes = readFileSync(join(directory, name)).length;
  if (bytes > MOST_ARCHIVE_BYTES)
    throw new Error(`the archive has ${bytes} bytes; at most ${MOST_ARCHIVE_BYTES} are meant`);
  done(`packed ${name}, ${Math.round(bytes / 1024)} KiB`);
  return join(directory, name);
}

async function install(archive: string): Promise<Place> {
  const folder = join(directory, 'installed');
  await mkdir(folder);
  const begun = performance.now();
  await succeed('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', archive], folder, INSTALL_MILLISECONDS);
  done(`installed (${seconds(begun)} s)`);
  return {
    packageDirectory: join(folder, 'node_modules/cartwright'),
    program: join(folder, 'node_modules/.bin/cartwright'),
    environment: {
      PATH: searchPath(),
      HOME: directory,
      CARTWRIGHT_DATA: join(directory, 'data'),
      // The kernel chooses. Applications get a free one of the usual range.
      CARTWRIGHT_HTTP_PORT: '0',
      CARTWRIGHT_MQTT_PORT: '0',
    },
  };
}

/** Archives of npm lose some files by their names, and modes by mistake: what is needed at run time is looked for. */
function checkContents({ packageDirectory }: Place): void {
  const own = [
    'base/hooks/build',
    'base/hooks/start',
    'base/hooks/from-tree',
    'base/sample/start',
    'base/sample/cartwright/build',
  ];
  const hooks = [
    ...own,
    'lb/hooks/start',
    'nodejs/hooks/build',
    'nodejs/hooks/start',
    'python/hooks/build',
    'python/hooks/start',
    'static/hooks/start',
  ];
  for (const file of [...hooks.map((hook) => join('cartridges', hook)), 'dist/control-plane/cli/bin.js'])
    accessSync(join(packageDirectory, file), constants.X_OK);
  const files = ['dist/third-party-notices.txt', 'control-plane/deploy/cartwright.service', 'LICENSE', 'README.md'];
  const sample = ['package-lock.json', 'server.js', 'vendor/pathways-1.0.0.tgz'];
  const wheel = 'cartridges/python/sample/wheels/waymark-1.0.0-py3-none-any.whl';
  for (const file of [...files, wheel, ...sample.map((name) => join('cartridges/nodejs/sample', name))])
    accessSync(join(packageDirectory, file), constants.R_OK);
  const unwanted = readdirSync(packageDirectory, { recursive: true, encoding: 'utf8' }).filter(
    (file) => !file.startsWith('node_modules') && /\.map$|\.test\.|(?:^|\/)testing\//.test(file),
  );
  if (unwanted.length > 0) throw new Error(`the package holds what nobody needs: ${unwanted.slice(0, 5).join(', ')}`);
  done('it is whole, its programs are executable');
}

async function checkVersion(place: Place): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const { stdout } = await succeed(place.program, ['--version'], directory, COMMAND_MILLISECONDS, place.environment);
  if (stdout.trim() !== version)
    throw new Error(`cartwright --version says ${stdout.trim()} and package.json ${version}`);
  done(`cartwright --version says ${version}`);
}

/** On an older Node, where this machine has one: the control plane refuses in one line, and what a client does works. */
async function checkOlderNode({ packageDirectory, environment }: Place): Promise<void> {
  const older = await olderNode();
  if (older === undefined) return done('no older Node here: its refusal is not tried');
  const bin = join(packageDirectory, 'dist/control-plane/cli/bin.js');
  const served = await run(older, [bin, 'serve'], directory, COMMAND_MILLISECONDS, environment);
  if (served.code !== 1 || !/^error: [^\n]*Node\.js 24[^\n]*\n$/.test(served.stderr))
    throw new Error(`serve on ${older} ended with ${served.code}: ${served.stderr}`);
  await succeed(older, [bin, 'version'], directory, COMMAND_MILLISECONDS, environment);
  done('an older Node: serve refuses in one line, client commands work');
}

async function olderNode(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const program = join(folder, 'node');
    if (folder === '' || !existsSync(program)) continue;
    const { code, stdout } = await run(program, ['--version'], directory);
    const major = Number.parseInt(stdout.slice(1), 10);
    if (code === 0 && major >= 20 && major < 24) return program;
  }
  return undefined;
}

async function serve({ program, environment }: Place): Promise<ChildProcess> {
  const begun = performance.now();
  const child = spawn(program, ['serve'], { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  controlPlane = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  while (!said.includes('the control plane is ready')) {
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}: ${said}`);
    if (performance.now() - begun > COMMAND_MILLISECONDS) throw new Error(`serve was not ready in time: ${said}`);
    await sleep(20);
  }
  done(`cartwright serve is ready (${seconds(begun)} s)`);
  return child;
}

/** Deploys the folder, asks it for its first page, and deletes it again. */
async function tryDeploy(place: Place, name: string, folder: string, expected: string): Promise<void> {
  const begun = performance.now();
  const cartwright = (...args: string[]): Promise<Result> =>
    succeed(place.program, args, directory, COMMAND_MILLISECONDS, place.environment);
  const { stdout } = await cartwright('deploy', folder, '--name', name);
  const response = await fetch(stdout.trim(), { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok || !text.startsWith(expected))
    throw new Error(`${name} answers ${response.status}: ${text.slice(0, 200)}`);
  await cartwright('delete', 'application', name, '--yes', '--wait');
  done(`cartwright deploy: ${name} serves, and is gone again (${seconds(begun)} s)`);
}

async function makeTinyApplication(): Promise<string> {
  const folder = join(directory, 'tiny');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "name": "tiny", "version": "1.0.0" }\n');
  await writeFile(join(folder, 'server.js'), SERVER);
  return folder;
}

async function sampleOf({ packageDirectory }: Place, cartridge: string): Promise<string> {
  const folder = join(directory, `sample-${cartridge}`);
  await cp(join(packageDirectory, 'cartridges', cartridge, 'sample'), folder, { recursive: true });
  return folder;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const code = await Promise.race([gone, sleep(COMMAND_MILLISECONDS, 'late' as const, { ref: false })]);
  if (code !== 0) throw new Error(`serve ended with ${code} after SIGTERM`);
  done('SIGTERM ends it in order');
}

/** After a failure instances may be left; theirs are the processes that name the temporary folder. */
function endInstances(): void {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
    try {
      const text = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${name}/${file}`, 'utf8')).join('\0');
      if (text.includes(join(directory, 'data/instances'))) process.kill(Number(name), 'SIGKILL');
    } catch (error) {
      // It has just ended, or is another user's and so none of ours.
      if (!['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  timeout = COMMAND_MILLISECONDS,
  env: NodeJS.ProcessEnv = { ...process.env, PATH: searchPath() },
): Promise<Result> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, timeout, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
  });
}

async function succeed(...command: Parameters<typeof run>): Promise<Result> {
  const result = await run(...command);
  if (result.code !== 0)
    throw new Error(
      `${command[0]} ${command[1].join(' ')} ended with ${result.code}\n${result.stdout}${result.stderr}`,
    );
  return result;
}

/** The Node that runs this comes first, as it would on a machine with a new enough one. */
function searchPath(): string {
  return `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

function done(text: string): void {
  console.log(`ok      ${text}`);
}
