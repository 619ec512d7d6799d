/** `backup --data` and `restore`: on the folder of a control plane that does not run, without asking one. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { artifactsOf, backupFolder, hasData, restoreFolder } from '../../backups.ts';
import { readConfig, type Config } from '../../config.ts';
import { CliError, EXIT, notFound } from '../exit.ts';
import { say, type Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import { packageRoot } from '../package.ts';
import { inOneLine } from './in-one-line.ts';
import { printWritten, readBack } from './written-backup.ts';

function configOf(data: string | undefined): Config {
  return readConfig({ ...process.env, ...(data === undefined ? {} : { CARTWRIGHT_DATA: data }) });
}

export async function backup(io: Io, printer: Printer, name: string, data: string): Promise<void> {
  const file = resolve(io.cwd, name);
  if (existsSync(file)) throw new CliError(EXIT.failed, `${file} is there already; name another file`);
  const config = configOf(data);
  if (!hasData(config))
    throw notFound(
      `no control plane keeps anything in ${config.dataDirectory}: name its folder with --data, or leave that out to ask one that runs`,
    );
  await inOneLine(() => backupFolder(config, file, packageRoot()));
  const written = await readBack(file, file).catch(async (error: unknown) => {
    await rm(file, { force: true });
    throw error;
  });
  await printWritten(printer, written);
}

export async function restore(io: Io, printer: Printer, name: string, data: string | undefined): Promise<void> {
  const restored = await inOneLine(() => restoreFolder(configOf(data), resolve(io.cwd, name)));
  const { manifest, replaced, refusedUsers } = restored;
  const { createdAt, cartwright, keyReference } = manifest;
  const rows = sum(Object.values(manifest.rows));
  const artifacts = artifactsOf(manifest);
  await printer.one(
    { createdAt, cartwright, rows, artifacts, keyReference, replaced: replaced ?? null, refusedUsers },
    () => `restored the backup of ${createdAt}, made by Cartwright ${cartwright}: ${rows} rows, ${artifacts} artifacts`,
  );
  if (replaced !== undefined) say(io, `what was there before is kept in ${replaced}`);
  for (const { tenant, user } of refusedUsers)
    say(
      io,
      `the tenant ${tenant} had the user id ${user} in the backup, which belongs to somebody else on this machine; it gets another one`,
    );
  if (keyReference !== null) say(io, `secrets need the key ${keyReference}, which is in no backup`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
