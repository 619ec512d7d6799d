/** What the control plane says of itself when it can't go on, as the command line says everything: one line and an exit code. */
import { CartwrightError } from '../../app/errors.ts';
import { CliError, EXIT } from '../exit.ts';

/** Turns a `CartwrightError` into its message; every other error is a defect and keeps its stack. */
export async function inOneLine<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CartwrightError) throw new CliError(EXIT.failed, `${error.code}: ${error.message}`);
    throw error;
  }
}
