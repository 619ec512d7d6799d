/** Colour, where a person looks and has not said no (https://no-color.org). */
import type { Io, Output } from '../io.ts';

const CODES = { red: 31, green: 32, yellow: 33, dim: 2 } as const;

export function paint(io: Io, output: Output, colour: keyof typeof CODES, text: string): string {
  const refused = io.env.NO_COLOR !== undefined && io.env.NO_COLOR !== '';
  if (!output.isTerminal || refused || io.env.TERM === 'dumb') return text;
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
