/** A list that is watched. */
import type { Session } from '../client/session.ts';
import { print } from '../io.ts';
import type { Noun } from '../nouns/noun.ts';
import { EntryChanges, steadyText } from '../output/changed-entries.ts';
import { changesInPlace, showInPlace } from '../output/live-view.ts';
import { printable } from '../output/text.ts';

/** On a terminal the list in place; elsewhere each entry that is new or changed, one after another. Ends with the states. */
export async function watch<T>(session: Session, noun: Noun<T>, states: AsyncIterable<readonly T[]>): Promise<void> {
  if (!changesInPlace(session)) return append(session, noun, states);
  await showInPlace(session, states, (items) =>
    items.length === 0 ? `there are no ${noun.plural}` : session.printer.table(items, noun.columns),
  );
}

async function append<T>({ printer, io }: Session, noun: Noun<T>, states: AsyncIterable<readonly T[]>): Promise<void> {
  const isTable = printer.format === 'table';
  const columns = printer.shown(noun.columns);
  // In a table what does not show is no change, and neither is a time that has only grown older.
  const cells = (entry: T, now: number): string[] => columns.map(({ value }) => value(entry, now));
  const changes = new EntryChanges(noun.key, isTable ? (entry) => cells(entry, 0).join('\n') : steadyText);
  for await (const items of states) {
    const { changed, gone } = changes.next(items);
    for (const entry of changed) await printer.row(entry, noun.columns);
    if (noun.grows === true) continue;
    for (const entry of gone) {
      if (isTable) print(io, printable(`gone: ${cells(entry, io.now()).join('  ')}`));
      else await printer.item({ gone: entry }, () => '');
    }
  }
}
