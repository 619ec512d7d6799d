/** Signing in and out: a token or a one-time code for a cookie that no script can read. */
import { Refused } from '../live/refused.ts';

export type SessionState = 'signed-in' | 'signed-out';

/** Whether the browser has a session that is still good. Rejects with {@link Refused} UNREACHABLE. */
export async function sessionState(): Promise<SessionState> {
  const response = await request('GET');
  if (response.ok) return 'signed-in';
  if (response.status === 401) return 'signed-out';
  throw await refusedBy(response);
}

/** `instead`: whoever was signed in already has been asked. */
export type Credential = { readonly token: string } | { readonly code: string; readonly instead?: true };

interface Person {
  readonly name: string;
  readonly role: string;
  readonly tenant: string | null;
}

/** A link would make somebody else of who is signed in; nothing was done yet. */
export interface OtherPerson {
  readonly signsIn: Person;
  readonly signedIn: Person;
}

/** @returns null when it is done; otherwise what is to be asked first. Rejects with {@link Refused}. */
export async function signIn(credential: Credential): Promise<OtherPerson | null> {
  const response = await request('POST', credential);
  if (response.status === 409) return (await response.json()) as OtherPerson;
  if (!response.ok) throw await refusedBy(response);
  return null;
}

/** Rejects with {@link Refused}. */
export async function signOut(): Promise<void> {
  const response = await request('DELETE');
  if (!response.ok) throw await refusedBy(response);
}

async function request(method: string, body?: object): Promise<Response> {
  try {
    return await fetch('/session', {
      method,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused('UNREACHABLE', 'the control plane was not reached: is it running, and is this machine online?');
  }
}

async function refusedBy(response: Response): Promise<Refused> {
  const said = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
  return new Refused(
    said.error?.code ?? 'UNREACHABLE',
    said.error?.message ?? `the control plane answered with status ${response.status}; try again`,
  );
}
