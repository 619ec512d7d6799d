/** `doctor`: whether the platform is well, and what to do where it is not. */
import { OtherVersion } from '../client/failures.ts';
import type { Session } from '../client/session.ts';
import { gatherFacts } from '../doctor/facts.ts';
import { failure, findings, type Finding, type State } from '../doctor/findings.ts';
import { CliError, EXIT, type ExitCode } from '../exit.ts';
import { print, type Io } from '../io.ts';
import { paint, type Colour } from '../output/colour.ts';
import { printable } from '../output/text.ts';

const COLOURS: Readonly<Record<State, Colour>> = {
  ok: 'green',
  warning: 'yellow',
  failure: 'red',
  'left-out': 'dim',
};
const WORDS: Readonly<Record<State, string>> = {
  ok: 'ok',
  warning: 'warning',
  failure: 'failure',
  'left-out': 'left out',
};

/** Exit code 1 where something has failed. */
export async function doctor(session: Session): Promise<ExitCode> {
  const { io, printer } = session;
  const found = await examined(session);
  if (printer.format === 'table') for (const line of lines(io, found)) print(io, line);
  else await printer.value(found);
  return found.some(({ state }) => state === 'failure') ? EXIT.failed : EXIT.ok;
}

async function examined(session: Session): Promise<Finding[]> {
  try {
    return findings(await gatherFacts(session));
  } catch (error) {
    // That there is nobody to ask is a finding, too; that one may not ask is not.
    if (!(error instanceof CliError) || error.exit !== EXIT.failed || error instanceof OtherVersion) throw error;
    return [
      failure('connection', error.message, 'see whether it runs, and "cartwright context" for which one is asked'),
    ];
  }
}

function lines(io: Io, found: readonly Finding[]): string[] {
  const widths = {
    state: Math.max(...found.map(({ state }) => WORDS[state].length)),
    name: Math.max(...found.map(({ name }) => name.length)),
  };
  const indent = ' '.repeat(widths.state + widths.name + 4);
  return found.flatMap(({ name, state, message, advice }) => [
    `${paint(io, io.stdout, COLOURS[state], WORDS[state].padEnd(widths.state))}  ${name.padEnd(widths.name)}  ${printable(message)}`,
    ...(advice === null ? [] : [`${indent}${paint(io, io.stdout, 'dim', `→ ${printable(advice)}`)}`]),
  ]);
}
