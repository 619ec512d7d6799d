/** What of tenants' lies in a data folder with a user id of theirs. */
import { lstatSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The document of an instance, as far as it matters here. It is the control plane's own: tenants cannot replace it. */
const document = z.object({ cluster: z.string(), user: z.int().positive().optional() });

/** By service cluster: instances by their documents, build caches by the group of their folders. */
export async function usersPresent(dataDirectory: string): Promise<{ cluster: string; user: number }[]> {
  const found: { cluster: string; user: number }[] = [];
  const instances = join(dataDirectory, 'instances');
  for (const name of await readdir(instances).catch(() => [])) {
    const text = await readFile(join(instances, name, 'instance.json'), 'utf8').catch(() => 'null');
    const { data } = document.safeParse(parsed(text));
    if (data?.user !== undefined) found.push({ cluster: data.cluster, user: data.user });
  }
  const caches = join(dataDirectory, 'builds', 'cache');
  const own = lstatSync(dataDirectory, { throwIfNoEntry: false })?.gid;
  for (const cluster of await readdir(caches).catch(() => [])) {
    const gid = lstatSync(join(caches, cluster), { throwIfNoEntry: false })?.gid;
    if (gid !== undefined && gid !== 0 && gid !== own) found.push({ cluster, user: gid });
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
