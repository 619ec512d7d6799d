/** What git says on stderr, as an error with a code and a way out. */
import { SourceError } from '../../app/errors.ts';

interface Explanation {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message: string;
}

/** The first that matches counts. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /could not read Username|Authentication failed|Permission denied|terminal prompts disabled|returned error: 40[13]/i,
    code: 'GIT_UNREACHABLE',
    message: 'it wants a login that the platform does not have, or it is not there (hosts often say the same for both)',
  },
  {
    pattern: /Host key verification failed/i,
    code: 'GIT_UNREACHABLE',
    message: 'its host key is unknown; ask the operator to add it to the known hosts',
  },
  {
    pattern: /Could not resolve (host|proxy)/i,
    code: 'GIT_UNREACHABLE',
    message: 'its host name cannot be resolved; check the spelling',
  },
  {
    pattern: /unable to update url base from redirection|returned error: 30\d|redirect/i,
    code: 'GIT_UNREACHABLE',
    message: 'it answers with a redirection; give the address where it leads',
  },
  { pattern: /SSL|certificate/i, code: 'GIT_UNREACHABLE', message: 'its certificate is not trusted on this machine' },
  {
    pattern:
      /not found|does not appear to be a git repository|repository .* does not exist|not exported|no such|returned error: 404/i,
    code: 'GIT_UNREACHABLE',
    message: 'there is no repository',
  },
  {
    pattern:
      /Connection (refused|reset|timed out)|Failed to connect|Could not connect|unable to connect|early EOF|hung up|unable to access|RPC failed|timed out|Could not read from remote/i,
    code: 'GIT_UNREACHABLE',
    message: 'it cannot be reached or broke off; try again later',
  },
  {
    pattern: /transport .* not allowed/i,
    code: 'GIT_UNSUPPORTED',
    message: 'it leads to a protocol that is not allowed',
  },
  {
    pattern: /No space left|unable to write|disk quota/i,
    code: 'DISK_FULL',
    message: 'there is no room on the disk; free some space and try again',
  },
];

/** The last lines of git's own words, for what is not explained, without control characters. */
function wordsOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/\p{Cc}/gu, ' ').trim())
    .filter((line) => line !== '');
  return (lines.findLast((line) => /^(fatal|error|remote):/.test(line)) ?? lines.at(-1) ?? 'no reason given').slice(
    0,
    300,
  );
}

/** An error about the repository at `url` from what git said; `undefined` when nothing known was said. */
export function knownFailure(url: string, stderr: string): SourceError | undefined {
  const known = EXPLANATIONS.find(({ pattern }) => pattern.test(stderr));
  return known && new SourceError(known.code, `${url}: ${known.message} (git: ${wordsOf(stderr)})`);
}

export function failure(url: string, stderr: string): SourceError {
  return knownFailure(url, stderr) ?? new SourceError('SOURCE_INVALID', `${url}: git failed (${wordsOf(stderr)})`);
}
