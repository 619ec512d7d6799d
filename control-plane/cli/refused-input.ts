/** What the control plane refuses of a command's input, in the words of the command line: by the option or argument that it came by. */
import type { Command } from 'commander';
import { CliError, EXIT } from './exit.ts';

/** One value that the control plane does not take. */
export interface InputFault {
  readonly message: string;
  /** Path of the field of the API; null: no single one is at fault. */
  readonly field: string | null;
}

/** Values that the control plane does not take. As an error of its own it is in the words of the API. */
export class RefusedInput extends CliError {
  readonly faults: readonly InputFault[];

  constructor(faults: readonly InputFault[]) {
    super(EXIT.failed, faults.map(({ message }) => message).join('\n'));
    this.name = 'RefusedInput';
    this.faults = faults;
  }
}

/** Objects of the API that no command knows as such. */
const AROUND = /^(?:filter|quota|ref)\./;

/** Fields that are called otherwise here: the options and arguments that may have brought them. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  actorName: ['actor'],
  brokerUrl: ['broker'],
  buildsAtOnce: ['builds'],
  chain: ['cert'],
  context: ['kubeContext'],
  controlPlaneUrl: ['controlPlane'],
  expiresInSeconds: ['expires'],
  from: ['since'],
  hosts: ['host'],
  logBytes: ['logs'],
  memoryBytes: ['memory'],
  objectName: ['object'],
  pattern: ['regex', 'grep'],
  releaseNumber: ['to', 'release'],
  secrets: ['name'],
  set: ['assignment'],
  stepSeconds: ['step', 'since'],
  to: ['until'],
  types: ['on', 'type'],
  unset: ['name'],
};

/**
 * The error for the person: with the option's name where the API's stood, and with the exit code of a wrong usage where all that is
 * refused was on the command line of `command`.
 */
export function inWordsOf(command: Command, { faults }: RefusedInput): CliError {
  const named = faults.map(({ message, field }) => {
    const word = field === null ? undefined : wordOf(command, field);
    return { isHere: word !== undefined, message: word === undefined ? message : renamed(message, field!, word) };
  });
  const exit = named.every(({ isHere }) => isHere) ? EXIT.usage : EXIT.failed;
  return new CliError(exit, named.map(({ message }) => message).join('\n'));
}

/** "--for", "NAME"; `undefined`: nothing on the command line is what the field was made of. */
function wordOf(command: Command, path: string): string | undefined {
  const [field = ''] = path.replace(AROUND, '').split('.');
  const names = ELSEWHERE[field] ?? [field.replace(/Seconds$/, '')];
  for (const name of names) {
    const option = command.options.find((each) => each.attributeName() === name);
    if (option?.long !== undefined && command.getOptionValueSource(name) === 'cli') return option.long;
    const index = command.registeredArguments.findIndex((argument) => argument.name() === name);
    if (index !== -1 && command.processedArgs[index] !== undefined) return name.toUpperCase();
  }
  return undefined;
}

/** Messages begin with their field ("name: expected …", "reason must be …"), or are sentences that name none. */
function renamed(message: string, path: string, word: string): string {
  for (const name of [path, path.split('.').at(-1)!]) {
    if (message.startsWith(`${name}: `)) return `${word}: ${message.slice(name.length + 2)}`;
    if (message.startsWith(`${name} must `)) return `${word}: ${message.slice(name.length + 1)}`;
  }
  return message;
}
