/** What git says on stderr, as an error with a code and a way out. */
import { SourceError } from '../../app/errors.ts';

interface Explanation {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message: string;
}

const NO_LOGIN =
  /could not read Username|could not read Password|Authentication failed|Permission denied|terminal prompts disabled|returned error: 40[13]/i;
const HOST_KEY = /Host key verification failed/i;

/** The first that matches counts. */
const EXPLANATIONS: readonly Explanation[] = [
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

/** ssh's debugging line about the key that the server showed. */
const SHOWN_KEY = /Server host key: (\S{1,40} SHA256:[A-Za-z0-9+/]{43})/;

function login(url: string, credential: string | undefined): SourceError {
  const unclear = 'or it is not there: hosts often say the same for both';
  if (credential === undefined)
    return new SourceError(
      'GIT_CREDENTIALS_MISSING',
      `${url}: it wants a login, ${unclear}; store one with "cartwright credential set" and name it as source.git.credentials`,
    );
  return new SourceError(
    'GIT_CREDENTIALS_REFUSED',
    `${url}: it does not take the credential "${credential}" (${unclear}); check that it is valid and may read the repository`,
  );
}

function hostKey(url: string, stderr: string, credential: string | undefined): SourceError {
  const shown = SHOWN_KEY.exec(stderr)?.[1];
  const isOther = /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i.test(stderr);
  const what = isOther ? 'another than the one that is known: somebody may be in between' : 'not known';
  return new SourceError(
    'GIT_HOST_KEY_UNKNOWN',
    `${url}: its host key${shown === undefined ? '' : ` (${shown})`} is ${what}. Compare it with what the host publishes; if it is right, put its line (ssh-keyscan prints it) into the known hosts of the credential "${credential ?? ''}"`,
  );
}

/** An error about the repository at `url` from what git said; `undefined` when nothing known was said. */
export function knownFailure(url: string, stderr: string, credential?: string): SourceError | undefined {
  // Before the login: a server whose key is not known was never asked for one.
  if (HOST_KEY.test(stderr)) return hostKey(url, stderr, credential);
  if (NO_LOGIN.test(stderr)) return login(url, credential);
  const known = EXPLANATIONS.find(({ pattern }) => pattern.test(stderr));
  return known && new SourceError(known.code, `${url}: ${known.message} (git: ${wordsOf(stderr)})`);
}

/** @param credential name of the one that was used */
export function failure(url: string, stderr: string, credential?: string): SourceError {
  return (
    knownFailure(url, stderr, credential) ??
    new SourceError('SOURCE_INVALID', `${url}: git failed (${wordsOf(stderr)})`)
  );
}
