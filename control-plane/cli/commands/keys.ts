/** `keys`: the file of keys that this machine's control plane encrypts secrets with. Works on the file, not on the API. */
import { addKey, readKeyFile } from '../../adapters/secrets/key-file.ts';
import { readConfig } from '../../config.ts';
import { CliError, EXIT } from '../exit.ts';
import { say, type Io } from '../io.ts';
import { Printer, type Format } from '../output/printer.ts';
import { relative } from '../output/text.ts';
import { inOneLine } from './in-one-line.ts';

export interface KeysOptions {
  readonly data?: string;
  readonly output: Format;
}

/** Adds a key, which the next start encrypts with. */
export function rotate(io: Io, options: KeysOptions): Promise<number> {
  return inOneLine(async () => {
    const path = pathOf(io, options);
    const keys = await addKey(path, io.now());
    const id = keys.at(-1)?.id ?? '';
    await new Printer(io, options.output).bare({ id, file: path }, id);
    say(io, `added to ${path}; keep a copy of it apart from the database`);
    say(
      io,
      'start the control plane again: it encrypts every secret with the new key, and gives running instances new tokens; "cartwright keys status" shows how far they are, once it has started',
    );
    return EXIT.ok;
  });
}

/** Ids and ages, never keys. */
export function list(io: Io, options: KeysOptions): Promise<number> {
  return inOneLine(async () => {
    const path = pathOf(io, options);
    const keys = await readKeyFile(path);
    if (keys === undefined) throw new CliError(EXIT.notFound, `there is no key file ${path}`);
    const items = keys.map(({ id, createdAt }, index) => ({ id, createdAt, isCurrent: index === keys.length - 1 }));
    await new Printer(io, options.output).list(
      items,
      [
        { title: 'ID', value: ({ id }) => id },
        { title: 'MADE', value: ({ createdAt }, now) => relative(createdAt, now) },
        { title: 'USE', value: ({ isCurrent }) => (isCurrent ? 'encrypts and decrypts' : 'decrypts') },
      ],
      '',
    );
    return EXIT.ok;
  });
}

function pathOf(io: Io, { data }: KeysOptions): string {
  return readConfig({ ...io.env, ...(data === undefined ? {} : { CARTWRIGHT_DATA: data }) }).keyFile;
}
