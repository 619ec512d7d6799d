/** Colour, where a person looks and has not said no (https://no-color.org). */
import type { Io, Output } from '../io.ts';

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;

export type Colour = keyof typeof CODES;

/** Whether a person looks who has not refused colours. */
export function wantsColour(io: Io, output: Output): boolean {
  const refused = io.env.NO_COLOR !== undefined && io.env.NO_COLOR !== '';
  return output.isTerminal && !refused && io.env.TERM !== 'dumb';
}

export function paint(io: Io, output: Output, colour: Colour, text: string): string {
  if (!wantsColour(io, output)) return text;
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
