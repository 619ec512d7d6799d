/** States that follow one another: on a terminal in place of each other, elsewhere one after another. */
import type { Session } from '../client/session.ts';
import { fitted, roomOf } from '../terminal/room.ts';
import { liveText } from './live.ts';

const REDRAW_MILLISECONDS = 1000;

/** Whether a person looks at text that can change in place. */
export function changesInPlace({ io, printer }: Session): boolean {
  return io.stdout.isTerminal && printer.format === 'table';
}

/**
 * Shows each state in place of the one before, cut to the terminal, and again each second, as its times grow older. Ends with the
 * states; the last one stays.
 */
export async function showInPlace<T>(
  { io }: Session,
  states: AsyncIterable<T>,
  text: (state: T) => string | Promise<string>,
): Promise<void> {
  const live = await liveText(io.stdout);
  let shown: { readonly state: T } | undefined;
  const draw = async (): Promise<void> => {
    if (shown === undefined) return;
    const { columns, rows } = roomOf(io, io.stdout);
    // The line below the last one is the cursor's.
    live.show(fitted(await text(shown.state), { columns, rows: Math.max(1, rows - 1) }));
  };
  let drawing = Promise.resolve();
  const next = (): Promise<void> => (drawing = drawing.then(draw));
  const redraw = (): void => void next();
  const timer = setInterval(redraw, REDRAW_MILLISECONDS);
  io.stdout.stream.on('resize', redraw);
  try {
    for await (const state of states) {
      shown = { state };
      await next();
    }
  } finally {
    clearInterval(timer);
    io.stdout.stream.off('resize', redraw);
    await drawing;
    live.end();
  }
}
