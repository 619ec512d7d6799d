/** `backup --data` and `restore`: on the folder of a control plane that does not run, without asking one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { backupFolder, restoreFolder } from '../../backups.ts';
import { readConfig, type Config } from '../../config.ts';
import { CliError, EXIT } from '../exit.ts';
import { inOneLine } from './in-one-line.ts';

const packageDirectory = join(import.meta.dirname, '../../../..');

function configOf(data: string | undefined): Config {
  return readConfig({ ...process.env, ...(data === undefined ? {} : { CARTWRIGHT_DATA: data }) });
}

export async function backup(file: string, data: string | undefined, say: (text: string) => void): Promise<number> {
  if (existsSync(file)) throw new CliError(EXIT.failed, `${file} is there already; name another file`);
  return await inOneLine(async () => {
    const { files, rows } = await backupFolder(configOf(data), file, packageDirectory);
    say(`${file}: ${sum(Object.values(rows))} rows, ${files.length - 1} artifacts`);
    return EXIT.ok;
  });
}

export async function restore(file: string, data: string | undefined, say: (text: string) => void): Promise<number> {
  return await inOneLine(async () => {
    const config = configOf(data);
    const { manifest, replaced } = await restoreFolder(config, file);
    const { files, rows, createdAt, cartwright } = manifest;
    say(
      `restored the backup of ${createdAt}, made by Cartwright ${cartwright}: ${sum(Object.values(rows))} rows, ${files.length - 1} artifacts`,
    );
    if (replaced !== undefined) say(`what was there before is kept in ${replaced}`);
    if (manifest.keyReference !== null) say(`secrets need the key ${manifest.keyReference}, which is in no backup`);
    return EXIT.ok;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
