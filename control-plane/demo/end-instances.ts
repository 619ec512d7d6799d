/** Ends what the demo's control plane left running: instances outlive it by design. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createProcessProvider } from '../adapters/process/provider.ts';

export async function endInstances(dataDirectory: string): Promise<void> {
  const exists = await stat(join(dataDirectory, 'instances')).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  const provider = await createProcessProvider({
    dataDirectory,
    agentProgram: process.execPath,
    nodeProgram: process.execPath,
    portRange: { from: 20_000, to: 20_000 },
    listenHost: '127.0.0.1',
    memoryShare: 1,
  });
  try {
    await Promise.all(
      (await provider.list()).map(async ({ instance }) => {
        await provider.stop(instance, 3);
        await provider.remove(instance);
      }),
    );
  } finally {
    await provider.close();
  }
}
