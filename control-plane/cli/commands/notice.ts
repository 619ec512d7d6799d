/** `notice create`, `list`, `test`, `enable`, `delete`. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import {
  CreateNotice,
  DeleteNotice,
  EnableNotice,
  ListNotices,
  RotateNotice,
  TestNotice,
  type NoticeFieldsFragment,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { NOTHING, relative } from '../output/text.ts';
import type { NoticeCreateOptions } from './register-notice.ts';

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
  await session.printer.one({ notice, secret }, () => secret ?? '');
}

export async function list(session: Session): Promise<void> {
  const { notices } = await session.client.query(ListNotices, { tenant: session.tenant });
  await session.printer.list(
    notices,
    [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'ABOUT', value: ({ tenant, application }) => application ?? (tenant === null ? '(platform)' : '(all)') },
      { title: 'ON', value: ({ types }) => types.join(', ') },
      { title: 'URL', value: ({ url }) => url },
      { title: 'STATE', value: ({ state }) => state.toLowerCase() },
      { title: 'WAITING', value: ({ waiting }) => String(waiting) },
      {
        title: 'LAST TAKEN',
        value: ({ lastSuccess }, now) => (lastSuccess === null ? NOTHING : relative(lastSuccess.at, now)),
      },
      { title: 'LAST ERROR', value: lastError },
    ],
    'there are no notices; see "cartwright notice create --help"',
  );
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
  const overlapSeconds = overlap === undefined ? 0 : parseDuration(overlap, '--overlap');
  const { uid } = await find(session, name);
  const { notice, secret } = await session.client.mutate(RotateNotice, { uid, overlapSeconds });
  const until = notice?.formerSignsUntil ?? null;
  say(
    session.io,
    until === null
      ? 'messages are signed with this secret alone from now on'
      : `messages are signed with this secret and, until ${until}, with the one before: give it to the receiver by then`,
  );
  await session.printer.one({ notice, secret }, () => secret ?? '');
}

export async function enable(session: Session, name: string): Promise<void> {
  const { uid } = await find(session, name);
  const { notice } = await session.client.mutate(EnableNotice, { uid });
  await session.printer.one(
    notice,
    () => `notice ${notice?.name ?? name} enabled; ${notice?.waiting ?? 0} events wait`,
  );
}

export async function remove(session: Session, name: string): Promise<void> {
  const { uid } = await find(session, name);
  const { notice } = await session.client.mutate(DeleteNotice, { uid });
  await session.printer.one(notice, () => `notice ${notice?.name ?? name} deleted`);
}

async function find({ client, tenant }: Session, name: string): Promise<NoticeFieldsFragment> {
  const { notices } = await client.query(ListNotices, { tenant });
  const found = notices.filter((notice) => notice.name === name || notice.uid === name);
  if (found.length > 1) throw usage(`several notices are called "${name}": give the uid, or --tenant`);
  const [one] = found;
  if (one === undefined) throw notFound(`there is no notice "${name}"; see "cartwright notice list"`);
  return one;
}

function lastError({ lastError: last }: NoticeFieldsFragment, now: number): string {
  return last === null ? NOTHING : `${last.message} ${relative(last.at, now)}`;
}
