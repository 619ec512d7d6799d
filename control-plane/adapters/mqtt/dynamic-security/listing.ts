/** What the plugin holds now, read in pages: the answers have to fit into the packets that a broker lets through. */
import { z } from 'zod';
import type { ControlConnection } from './channel.ts';

export interface PresentClient {
  readonly clientid: string | undefined;
  readonly textname: string | undefined;
  readonly disabled: boolean;
  readonly roles: readonly string[];
  readonly groups: number;
}

export interface Present {
  readonly clients: ReadonlyMap<string, PresentClient>;
  /** What each role allows, as `type topic`; what it denies, or allows with another priority, begins with other words. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
}

const CLIENTS_A_PAGE = 500;
/** One of them has up to 12 entries of 150 characters and more. */
const ROLES_A_PAGE = 60;
const MOST_PAGES = 10_000;

const clientPage = z.object({
  clients: z.array(
    z.object({
      username: z.string(),
      clientid: z.string().optional(),
      textname: z.string().optional(),
      disabled: z.boolean().default(false),
      roles: z.array(z.object({ rolename: z.string() })).default([]),
      groups: z.array(z.unknown()).default([]),
    }),
  ),
});
const rolePage = z.object({
  roles: z.array(
    z.object({
      rolename: z.string(),
      acls: z
        .array(z.object({ acltype: z.string(), topic: z.string(), priority: z.number(), allow: z.boolean() }))
        .default([]),
    }),
  ),
});
const defaults = z.object({ acls: z.array(z.object({ acltype: z.string(), allow: z.boolean() })) });

/** Reads all of it. Rejects with `MessagingError` where the plugin does not answer, or answers something else. */
export async function readPresent(channel: Pick<ControlConnection, 'ask'>): Promise<Present> {
  const clients = new Map<string, PresentClient>();
  const roles = new Map<string, readonly string[]>();
  await pages(channel, 'listClients', CLIENTS_A_PAGE, (data) => {
    const page = clientPage.parse(data).clients;
    for (const { username, clientid, textname, disabled, roles: held, groups } of page)
      clients.set(username, {
        clientid,
        textname,
        disabled,
        roles: held.map(({ rolename }) => rolename),
        groups: groups.length,
      });
    return page.length;
  });
  await pages(channel, 'listRoles', ROLES_A_PAGE, (data) => {
    const page = rolePage.parse(data).roles;
    for (const { rolename, acls } of page)
      roles.set(
        rolename,
        acls.map(({ acltype, topic, priority, allow }) =>
          allow && priority === 0 ? `${acltype} ${topic}` : `other: ${acltype} ${topic} ${priority} ${allow}`,
        ),
      );
    return page.length;
  });
  return { clients, roles };
}

/** The kinds of access that are allowed to whoever has no role that says something; unsubscribing harms nobody. */
export async function openDefaults(channel: Pick<ControlConnection, 'ask'>): Promise<string[]> {
  const [answer] = await channel.ask([{ command: 'getDefaultACLAccess' }]);
  return defaults
    .parse(answer?.data)
    .acls.filter(({ acltype, allow }) => allow && acltype !== 'unsubscribe')
    .map(({ acltype }) => acltype);
}

async function pages(
  channel: Pick<ControlConnection, 'ask'>,
  command: string,
  count: number,
  take: (data: unknown) => number,
): Promise<void> {
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const [answer] = await channel.ask([{ command, verbose: true, count, offset: page * count }]);
    if (take(answer?.data) < count) return;
  }
}
