/** `notice create`, `list`, `test`, `enable`, `delete`. */
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound } from '../exit.ts';
import {
  CreateNotice,
  DeleteNotice,
  EnableNotice,
  RotateNotice,
  TestNotice,
  type NoticeFieldsFragment,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { findNotice, noticeReference, notices } from '../nouns/notices.ts';
import { getNoun } from './get.ts';
import type { NoticeCreateOptions } from './register-notice.ts';

/** That the control plane takes. */
const LONGEST_OVERLAP = '7d';

export async function create(session: Session, name: string, options: NoticeCreateOptions): Promise<void> {
  const { url, on, application, platform } = options;
  const { notice, secret } = await session.client.mutate(CreateNotice, {
    name,
    url,
    types: on,
    platform: platform === true,
    ...(application === undefined ? {} : { application }),
    // A notice of the platform is of no tenant, whichever the context names.
    ...(session.tenant === undefined || platform === true ? {} : { tenant: session.tenant }),
  });
  say(session.io, `notice "${name}" made; try it with "cartwright notice test ${name}"`);
  say(session.io, 'its messages are signed with this secret, which is shown this once');
  await session.printer.bare({ notice, secret }, secret ?? '', notice === null ? [] : [noticeReference(notice)]);
}

export async function list(session: Session): Promise<void> {
  await getNoun(session, notices, { nothing: 'there are no notices; see "cartwright notice create --help"' });
}

export async function test(session: Session, name: string): Promise<void> {
  const { uid } = await find(session, name);
  const { taken, status, milliseconds, message } = await session.client.mutate(TestNotice, { uid });
  await session.printer.one(
    { taken, status, milliseconds, message },
    () => `${message ?? ''} (${milliseconds ?? 0} ms)`,
  );
  if (taken !== true) throw new CliError(EXIT.failed, 'the message was not taken');
}

export async function rotate(session: Session, name: string, { overlap }: { overlap?: string }): Promise<void> {
  const overlapSeconds = overlap === undefined ? 0 : parseDuration(overlap, '--overlap', { most: LONGEST_OVERLAP });
  const { uid } = await find(session, name);
  const { notice, secret } = await session.client.mutate(RotateNotice, { uid, overlapSeconds });
  const until = notice?.formerSignsUntil ?? null;
  say(
    session.io,
    until === null
      ? 'messages are signed with this secret alone from now on'
      : `messages are signed with this secret and, until ${until}, with the one before: give it to the receiver by then`,
  );
  await session.printer.bare({ notice, secret }, secret ?? '', notice === null ? [] : [noticeReference(notice)]);
}

export async function enable(session: Session, name: string): Promise<void> {
  const { uid } = await find(session, name);
  const { notice } = await session.client.mutate(EnableNotice, { uid });
  await session.printer.one(
    notice,
    () => `notice ${notice?.name ?? name} enabled; ${notice?.waiting ?? 0} events wait`,
    noticeReference,
  );
}

export async function remove(session: Session, name: string, options: Confirmation): Promise<void> {
  const { uid, name: found } = await find(session, name);
  await confirm(session.io, options, `delete the notice "${found}"?`);
  const { notice } = await session.client.mutate(DeleteNotice, { uid });
  await session.printer.one(notice, () => `notice ${notice?.name ?? name} deleted`, noticeReference);
}

async function find(session: Session, name: string): Promise<NoticeFieldsFragment> {
  const notice = await findNotice(session, name);
  if (notice === undefined) throw notFound(`there is no notice "${name}"; see "cartwright notice list"`);
  return notice;
}
