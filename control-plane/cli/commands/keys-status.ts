/** `keys status`: how far the tokens of running instances have followed a rotation of the key. */
import type { Session } from '../client/session.ts';
import { InstanceTokens, type InstanceTokensQuery } from '../generated/operations.ts';
import { say } from '../io.ts';
import type { Column } from '../output/printer.ts';
import { NOTHING, relative, word } from '../output/text.ts';

type Pending = InstanceTokensQuery['instanceTokens']['pending'][number];

const COLUMNS: readonly Column<Pending>[] = [
  { title: 'INSTANCE', value: ({ instance }) => instance },
  { title: 'TENANT', value: ({ tenant }) => tenant },
  { title: 'SERVICE CLUSTER', value: ({ application, alias }) => `${application}/${alias}` },
  { title: 'TOKEN', value: ({ state }) => MEANING[state] ?? word(state) },
  {
    title: 'OLD ONE ENDS',
    value: ({ formerAcceptedUntil }, now) =>
      formerAcceptedUntil === null ? NOTHING : relative(formerAcceptedUntil, now),
  },
  { title: 'PROBLEM', value: ({ problem }) => problem ?? NOTHING },
];

const MEANING: Readonly<Record<string, string>> = {
  WAITING: 'old, waits for a new one',
  GRACE: 'new, the old one counts too',
  KEPT: 'kept, there is no key',
};

/** Those that are not finished; the others are a number on stderr. */
export async function keysStatus({ client, printer, io }: Session): Promise<void> {
  const { current, pending } = (await client.query(InstanceTokens, {})).instanceTokens;
  await printer.list(pending, COLUMNS, '');
  say(io, `${current} running instances have a token of the newest key alone, ${pending.length} do not yet`);
}
