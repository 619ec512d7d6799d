/** Runs the inventory program in a short-lived child and reads its answer. */
import { execFile, type ChildProcess } from 'node:child_process';
import { inventory, type Inventory } from '../../schema/mqtt/status.ts';

const LIMIT_MILLISECONDS = 30_000;

export interface InventoryRun {
  readonly result: Promise<Inventory>;
  readonly child: ChildProcess;
}

/** The inventory program lies beside the agent's main module, under the same kind of name (`.mjs` bundled, `.js`, `.ts`). */
export function inventoryProgram(mainModule: string): URL {
  const extension = /\.(mjs|js|ts)$/.exec(new URL(mainModule).pathname)?.[0] ?? '.mjs';
  return new URL(`./inventory${extension}`, mainModule);
}

export function runInventory(program: string, environment: Readonly<Record<string, string>>): InventoryRun {
  let settle: { resolve: (value: Inventory) => void; reject: (error: Error) => void };
  const result = new Promise<Inventory>((resolve, reject) => (settle = { resolve, reject }));
  const child = execFile(
    process.execPath,
    ['--no-warnings', program],
    { timeout: LIMIT_MILLISECONDS, killSignal: 'SIGKILL', maxBuffer: 64 * 1024, env: { ...environment } },
    (error, stdout) => {
      if (error) return settle.reject(error);
      try {
        settle.resolve(inventory.parse(JSON.parse(stdout)));
      } catch (problem) {
        settle.reject(new Error('the inventory is not of its form', { cause: problem }));
      }
    },
  );
  return { result, child };
}
