/** What git's processes take of the machine's memory: a server can send references without end, and git keeps all of them. */
import { readFile } from 'node:fs/promises';

/**
 * Resident memory of a process and all that descend from it, in bytes; 0 for what is gone. Reads proc(5).
 *
 * @param most ends the counting, so that it costs little however many they are
 */
export async function memoryOf(pid: number, most: number): Promise<number> {
  let bytes = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined && bytes <= most; next = waiting.pop()) {
    const [status, children] = await Promise.all([
      textOf(`/proc/${next}/status`),
      textOf(`/proc/${next}/task/${next}/children`),
    ]);
    bytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    waiting.push(...children.split(' ').filter(Boolean).map(Number));
  }
  return bytes;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // It has ended meanwhile.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
