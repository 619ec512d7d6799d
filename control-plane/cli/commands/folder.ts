/** `backup --data` and `restore`: on the folder of a control plane that does not run, without asking one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { artifactsOf, backupFolder, restoreFolder } from '../../backups.ts';
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
    const manifest = await backupFolder(configOf(data), file, packageDirectory);
    say(`${file}: ${sum(Object.values(manifest.rows))} rows, ${artifactsOf(manifest)} artifacts`);
    return EXIT.ok;
  });
}

export async function restore(file: string, data: string | undefined, say: (text: string) => void): Promise<number> {
  return await inOneLine(async () => {
    const config = configOf(data);
    const { manifest, replaced, refusedUsers } = await restoreFolder(config, file);
    const { rows, createdAt, cartwright } = manifest;
    say(
      `restored the backup of ${createdAt}, made by Cartwright ${cartwright}: ${sum(Object.values(rows))} rows, ${artifactsOf(manifest)} artifacts`,
    );
    if (replaced !== undefined) say(`what was there before is kept in ${replaced}`);
    for (const { tenant, user } of refusedUsers)
      say(
        `the tenant ${tenant} had the user id ${user} in the backup, which belongs to somebody else on this machine; it gets another one`,
      );
    if (manifest.keyReference !== null) say(`secrets need the key ${manifest.keyReference}, which is in no backup`);
    return EXIT.ok;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
