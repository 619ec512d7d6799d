/** What a delivery says, as far as anybody listens to it: which reference of the repository has moved. */
import type { Form } from './proof.ts';

export type GitEvent =
  /** @property defaultBranch without `refs/heads/`; null when the host does not say it */
  | { readonly kind: 'push'; readonly ref: string; readonly defaultBranch: string | null; readonly isGone: boolean }
  | { readonly kind: 'ping' }
  | { readonly kind: 'other'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly why: string };

const REF = /^refs\/(?:heads|tags)\/[^\p{Cc}\s]{1,1000}$/u;
const NO_COMMIT = /^0{40,64}$/;
const PUSHES: Readonly<Record<Form, readonly string[]>> = {
  github: ['push'],
  gitea: ['push'],
  gitlab: ['Push Hook', 'Tag Push Hook'],
  'gitlab-token': ['Push Hook', 'Tag Push Hook'],
};

/**
 * Never throws, whatever the body is. The body is JSON, or a form with JSON in the field `payload` as GitHub sends it by default.
 *
 * @param name what the host's header calls the event
 */
export function readEvent(form: Form, name: string | null, contentType: string, body: Buffer): GitEvent {
  if (name === null) return { kind: 'unreadable', why: 'no header says what happened' };
  if (name === 'ping') return { kind: 'ping' };
  if (!PUSHES[form].includes(name)) return { kind: 'other', name: name.slice(0, 100) };
  const text = payloadOf(contentType, body);
  if (text === undefined)
    return { kind: 'unreadable', why: 'expected application/json, or a form with the field payload, in UTF-8' };
  const payload = objectOf(text);
  if (payload === undefined) return { kind: 'unreadable', why: 'the payload is no JSON object' };
  const ref = own(payload, 'ref');
  if (typeof ref !== 'string' || !REF.test(ref))
    return { kind: 'unreadable', why: 'the payload’s ref is not refs/heads/… or refs/tags/…' };
  const after = own(payload, 'after');
  // GitHub and Gitea say it of the repository, GitLab of the project.
  const branch = own(own(payload, 'repository'), 'default_branch') ?? own(own(payload, 'project'), 'default_branch');
  return {
    kind: 'push',
    ref,
    defaultBranch: typeof branch === 'string' ? branch : null,
    isGone: typeof after === 'string' && NO_COMMIT.test(after),
  };
}

function payloadOf(contentType: string, body: Buffer): string | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  const text = textOf(body);
  if (text === undefined) return undefined;
  if (type === 'application/json') return text;
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  return new URLSearchParams(text).get('payload') ?? undefined;
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing that an object inherits. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
