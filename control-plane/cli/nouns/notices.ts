import type { Session } from '../client/session.ts';
import { usage } from '../exit.ts';
import { ListNotices, type NoticeFieldsFragment as Notice } from '../generated/operations.ts';
import type { Reference } from '../output/printer.ts';
import { NOTHING, relative } from '../output/text.ts';
import { noun } from './noun.ts';

export const noticeReference: Reference<Notice> = ({ name }) => `notice/${name}`;

async function list({ client, tenant }: Session): Promise<readonly Notice[]> {
  return (await client.query(ListNotices, { tenant })).notices;
}

/** By name or uid; `undefined`: there is none. Throws a usage error where several have the name. */
export async function findNotice(session: Session, name: string): Promise<Notice | undefined> {
  const found = (await list(session)).filter((notice) => notice.name === name || notice.uid === name);
  if (found.length > 1) throw usage(`several notices are called "${name}": give the uid, or --tenant`);
  return found[0];
}

export const notices = noun<Notice>({
  plural: 'notices',
  reference: noticeReference,
  columns: [
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
    {
      title: 'LAST ERROR',
      value: ({ lastError: last }, now) => (last === null ? NOTHING : `${last.message} ${relative(last.at, now)}`),
    },
    { title: 'DROPPED', value: ({ dropped }) => String(dropped), isWide: true },
    { title: 'BY', value: ({ createdBy }) => createdBy, isWide: true },
    { title: 'UID', value: ({ uid }) => uid, isWide: true },
  ],
  list,
  find: findNotice,
});
