/** Events for people, one a line. */
import type { EventFieldsFragment } from '../generated/operations.ts';
import { brief, printable, short } from './text.ts';

type Event = Pick<EventFieldsFragment, 'at' | 'type' | 'subject' | 'data'>;

/** What else is told of an event that has no sentence; a text of an application can be as long as it likes. */
const LONGEST = 400;
const UID = /^[0-9a-hjkmnp-tv-z]{26}$/;
/** As parts of the line; the times are those of the event, or for programs. */
const TOLD_ELSEWHERE = new Set(['by', 'cluster', 'since', 'createdAt', 'expiresAt']);
/** Their subject's name is that of the service cluster; which one of its things it was, the uid says. */
const ONE_OF_SEVERAL = new Set(['Instance', 'Task']);

/** When, to what, what. */
export function eventLine(event: Event): string {
  const said = whatIsSaid(event);
  return printable(`${event.at}  ${objectOf(event)}  ${event.type}${said === '' ? '' : `: ${said}`}`);
}

/** `instance shop/web/1a2b3c`, `release v3 of shop/web`. */
function objectOf({ subject: { kind, uid, name }, data }: Event): string {
  // The kind as one writes it within a sentence: service cluster.
  const words = kind.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  if (words === name) return name;
  const cluster = recordOf(data).cluster;
  const owner = typeof cluster === 'string' ? ` of ${cluster.split('/').slice(1).join('/')}` : '';
  return `${words} ${name}${ONE_OF_SEVERAL.has(kind) ? `/${short(uid)}` : owner}`;
}

function whatIsSaid(event: Event): string {
  const { by } = recordOf(event.data);
  const what = brief(reasonOf(event) ?? fieldsOf(event), LONGEST);
  const who = typeof by === 'string' ? `by ${by}` : '';
  return what === '' || who === '' ? what + who : `${what} (${who})`;
}

/** What is a value that one reads and is not told elsewhere; uids are for programs. */
function fieldsOf({ data }: Pick<Event, 'data'>): string {
  return Object.entries(recordOf(data)).flatMap(fieldOf).join(', ');
}

/** Of what is stored as a whole (`paused`, `override`), its own fields. */
function fieldOf([name, value]: readonly [string, unknown]): string[] {
  if (TOLD_ELSEWHERE.has(name) || value === null || (typeof value === 'string' && UID.test(value))) return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value).flatMap(fieldOf);
  return [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
}

/** The sentence of an event, or else the reason that it gives. */
export function reasonOf(event: Pick<Event, 'data'>): string | undefined {
  return ['sentence', 'message', 'why'].flatMap((name) => textIn(event, name) ?? [])[0] ?? reasonIn(event);
}

export function textIn({ data }: Pick<Event, 'data'>, name: string): string | undefined {
  const value = recordOf(data)[name];
  return typeof value === 'string' ? value : undefined;
}

function reasonIn({ data }: Pick<Event, 'data'>): string | undefined {
  const { reason } = recordOf(data);
  if (typeof reason === 'string') return reason;
  const { message } = recordOf(reason);
  return typeof message === 'string' ? message : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
