/** Registered words and states as pages say them. */

/** `READY_TO_SHUTDOWN` as the design writes it: `ready-to-shutdown`. */
export function word(value: string): string {
  return value.toLowerCase().replaceAll('_', '-');
}

/** The end of a uid, enough to tell a few things apart; its beginning is only a time. */
export function short(uid: string): string {
  return uid.slice(-6);
}

/** The first ten digits of a commit. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 10);
}

/** The first line of a commit's message. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/** How a state is coloured; the word says it as well. */
export type Tone = '' | 'good' | 'warning' | 'bad';
