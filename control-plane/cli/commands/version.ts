/** `version`. */
import type { Printer } from '../output/printer.ts';
import { packageVersion } from '../package.ts';

export async function version(printer: Printer): Promise<void> {
  const value = { version: packageVersion(), node: process.versions.node };
  await printer.one(value, () => value.version);
}
