/** Text that changes in place on a terminal, and is written anew elsewhere. */
import type { Output } from '../io.ts';

export interface LiveText {
  /** Shows a text in place of the one before. The same text again does nothing. */
  show(text: string): void;
  /** Leaves the last text standing. */
  end(): void;
}

export async function liveText(output: Output): Promise<LiveText> {
  let shown: string | undefined;
  if (!output.isTerminal) {
    return {
      show(text) {
        if (text !== shown) output.stream.write(`${text}\n`);
        shown = text;
      },
      end: () => undefined,
    };
  }
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(output.stream as NodeJS.WriteStream);
  return {
    show(text) {
      if (text !== shown) update(text);
      shown = text;
    },
    end: () => update.done(),
  };
}
