/** What the control plane says is wrong with a manifest, at its lines. */
import type { TextFault } from './yaml-text.ts';

/** The name that the text is sent under, so that its lines are known again. */
export const FILE_NAME = 'policy.yaml';

const PLACE = /^policy\.yaml:(\d+):(\d+): (.*)$/s;

/** @param message one line each, as the command line shows them; a line without a place is about the first */
export function faultsIn(message: string): TextFault[] {
  return message
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, at, column, said] = PLACE.exec(line) ?? [];
      return { line: Number(at ?? 1), column: Number(column ?? 1), message: said ?? line };
    });
}
