/** Runs the git program: no shell, no prompt, no configuration but ours, bounded in time and output, ended as a group. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { SourceError } from '../../app/errors.ts';
import { lowerPriority } from '../priority.ts';
import type { Protocol } from './address.ts';
import { memoryOf } from './memory.ts';

export interface GitEnvironment {
  /** Search path for git and ssh. */
  readonly path: string;
  /** An own, empty home folder. */
  readonly home: string;
  /** The only configuration file that is read. */
  readonly configuration: string;
  /** Without it ssh is not spoken: the account's own key would be every tenant's. */
  readonly ssh: SshAccess | undefined;
  /** Most that one call may take of the machine's memory, with all that it starts. */
  readonly maximumMemoryBytes: number;
}

interface SshAccess {
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** Address to be connected to in the place of the URL's host, and the name under which its key is known then. */
  readonly hostName?: string;
  readonly hostKeyAlias?: string;
}

export interface GitCall {
  readonly arguments: readonly string[];
  /** Bare repository to work in; absent for what needs none. */
  readonly repository?: string;
  /** The one protocol that may be spoken; none if absent. */
  readonly protocol?: Protocol;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface GitResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const WATCH_MILLISECONDS = 250;
const MAX_STDERR = 16 * 1024;
const MAX_STDOUT = 64 * 1024 * 1024;

/** Passed on where they are set: a proxy and certificates belong to the machine, not to a tenant. */
const INHERITED = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** Whether the machine sends what it asks over this protocol through a proxy. */
export function hasProxy(protocol: Protocol): boolean {
  const names = { http: ['http_proxy'], https: ['https_proxy', 'HTTPS_PROXY'], ssh: [], file: [] }[protocol];
  return [...names, ...(names.length === 0 ? [] : ['all_proxy', 'ALL_PROXY'])].some(
    (name) => (process.env[name] ?? '') !== '',
  );
}

/** One word of a shell's. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Fixed options: no agent, no configuration of the account, no other way to log in, nothing forwarded, no question asked. */
function sshCommand({ ssh }: GitEnvironment): string {
  if (ssh === undefined) return 'false';
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'ConnectTimeout=15',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    'ControlMaster=no',
    'ControlPath=none',
    // The fingerprint of an unknown host key is told at this level only.
    'LogLevel=DEBUG1',
    `IdentityFile=${pathOption(ssh.identityFile)}`,
    `UserKnownHostsFile=${pathOption(ssh.knownHostsFile)}`,
    'GlobalKnownHostsFile=none',
    ...(ssh.hostName === undefined ? [] : [`HostName=${ssh.hostName}`]),
    ...(ssh.hostKeyAlias === undefined ? [] : [`HostKeyAlias=${ssh.hostKeyAlias}`]),
  ];
  return `ssh -F none ${options.map((option) => `-o ${quote(option)}`).join(' ')}`;
}

/** A path among ssh's options, which expands per cents and takes blanks for the end. */
function pathOption(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

function environmentOf(environment: GitEnvironment, protocol: Protocol | undefined): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    PATH: environment.path,
    HOME: environment.home,
    LC_ALL: 'C',
    // A repository around the cache's folder is none of ours.
    GIT_CEILING_DIRECTORIES: dirname(environment.home),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: environment.configuration,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    SSH_ASKPASS: 'false',
    GIT_SSH_COMMAND: sshCommand(environment),
    GIT_SSH_VARIANT: 'ssh',
    GIT_ALLOW_PROTOCOL: protocol ?? 'none',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}

export interface RunningGit {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when git has ended; rejects with `SourceError` when it could not start, took too long or was cancelled. */
  readonly ended: Promise<Omit<GitResult, 'stdout'>>;
  kill(reason: SourceError): void;
}

/** Starts git; somebody must read `stdout` and await `ended`. */
export function startGit(environment: GitEnvironment, call: GitCall): RunningGit {
  const repository = call.repository === undefined ? [] : [`--git-dir=${call.repository}`];
  const child = spawn('git', [...repository, ...call.arguments], {
    cwd: environment.home,
    env: environmentOf(environment, call.protocol),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  let failure: SourceError | undefined;
  const kill = (reason: SourceError) => {
    failure ??= reason;
    killGroup(child.pid);
    // Nobody may be reading any more, and unread output keeps a stream open.
    child.stdout.destroy();
  };
  const limit = setTimeout(() => kill(timedOut(call.timeoutSeconds)), call.timeoutSeconds * 1000);
  const watch = setInterval(() => {
    watchMemory(child.pid, environment.maximumMemoryBytes).catch(kill);
  }, WATCH_MILLISECONDS);
  const cancel = () =>
    kill(new SourceError('GIT_UNREACHABLE', 'fetching was cancelled because the control plane ends'));
  call.signal.addEventListener('abort', cancel, { once: true });
  if (call.signal.aborted) cancel();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-MAX_STDERR)));
  // Git may end before it has read everything: its exit code says what that means.
  child.stdin.on('error', () => child.stdin.destroy());
  const ended = new Promise<Omit<GitResult, 'stdout'>>((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(error)));
    child.once('close', (code) => (failure === undefined ? resolve({ code, stderr }) : reject(failure)));
  }).finally(() => {
    clearTimeout(limit);
    clearInterval(watch);
    call.signal.removeEventListener('abort', cancel);
  });
  return { stdin: child.stdin, stdout: child.stdout, ended, kill };
}

/** Runs git to its end. A failure of git itself is a result with its code; see {@link RunningGit.ended} for what is thrown. */
export async function runGit(
  environment: GitEnvironment,
  call: GitCall,
  onStart?: (git: RunningGit) => void,
): Promise<GitResult> {
  const git = startGit(environment, call);
  git.stdin.end();
  onStart?.(git);
  const chunks: Buffer[] = [];
  let bytes = 0;
  git.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_STDOUT) chunks.push(chunk);
    else git.kill(new SourceError('SOURCE_INVALID', 'the repository has too many references or files to be listed'));
  });
  const { code, stderr } = await git.ended;
  return { code, stdout: Buffer.concat(chunks), stderr };
}

/** Rejects with `SourceError` when it is more than it may be. */
async function watchMemory(pid: number | undefined, maximumBytes: number): Promise<void> {
  if (pid === undefined || (await memoryOf(pid, maximumBytes)) <= maximumBytes) return;
  throw new SourceError(
    'SOURCE_INVALID',
    `reading the repository takes more than ${maximumBytes} bytes of memory; it has too many references, or its server does not behave`,
  );
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function timedOut(seconds: number): SourceError {
  return new SourceError(
    'GIT_UNREACHABLE',
    `the repository did not answer completely within ${seconds} s; try again, or make the repository smaller`,
  );
}

function notStarted(cause: Error): SourceError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const message = isMissing
    ? "the program git is not on the control plane's PATH; install it"
    : 'git cannot be started';
  return new SourceError('GIT_UNSUPPORTED', message, { cause });
}
