/**
 * Parsers of what a control group says of itself: version 2 (the kernel's admin-guide/cgroup-v2) and version 1
 * (admin-guide/cgroup-v1). Pure; anything unexpected is `undefined`, never a guess.
 */

export interface CgroupPaths {
  readonly version: 1 | 2;
  /** Folder with the CPU's files (version 1: of `cpu`), and of `cpuacct` and `memory`; one and the same in version 2. */
  readonly cpu: string;
  readonly cpuAccounting: string;
  readonly memory: string;
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly controllers: readonly string[];
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** The cgroup mounts of `/proc/self/mountinfo`. */
function parseMounts(mountinfo: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ');
    const [, , , root, point] = before?.split(' ') ?? [];
    const [type, , options] = after?.split(' ') ?? [];
    if (root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) continue;
    mounts.push({
      root: unescapeMount(root),
      point: unescapeMount(point),
      type,
      controllers: options?.split(',') ?? [],
    });
  }
  return mounts;
}

/** `/proc/self/cgroup`: path by controller; the key of version 2 is the empty string. */
function parseMembership(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match) for (const controller of match[1]!.split(',')) paths.set(controller, match[2]!);
  }
  return paths;
}

function folderOf(mount: Mount, path: string): string {
  const inside = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  // A path that climbs is that of a process outside this cgroup namespace: only the mount point itself is ours to see.
  const below = inside === '/' || inside.split('/').includes('..') ? '' : inside;
  return `${mount.point}${below}`;
}

/** Where this process's own cgroup is mounted; `undefined` when no memory controller is. */
export function locateCgroup(mountinfo: string, membership: string): CgroupPaths | undefined {
  const mounts = parseMounts(mountinfo);
  const paths = parseMembership(membership);
  const find = (controller: string): string | undefined => {
    const mount = mounts.find(({ type, controllers }) => type === 'cgroup' && controllers.includes(controller));
    return mount ? folderOf(mount, paths.get(controller) ?? '/') : undefined;
  };
  const memory = find('memory');
  if (memory !== undefined) {
    const cpuAccounting = find('cpuacct') ?? '';
    return { version: 1, memory, cpuAccounting, cpu: find('cpu') ?? cpuAccounting };
  }
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  if (!unified) return undefined;
  const folder = folderOf(unified, paths.get('') ?? '/');
  return { version: 2, cpu: folder, cpuAccounting: folder, memory: folder };
}

/** A number on a line of its own, not negative; `max` and everything else are `undefined`. */
export function parseSingle(text: string): number | undefined {
  return /^\d{1,20}\n?$/.test(text) ? Number(text) : undefined;
}

/** A limit; `undefined` for none (`max`, or version 1's number near 2^63). */
export function parseLimit(text: string): number | undefined {
  const value = parseSingle(text);
  return value === undefined || value > Number.MAX_SAFE_INTEGER ? undefined : value;
}

/** The value of one line `key value`. */
export function parseFlat(text: string, key: string): number | undefined {
  const start = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (start === 0 && !text.startsWith(`${key} `)) return undefined;
  const end = text.indexOf('\n', start);
  return parseSingle(text.slice(start + key.length + 1, end === -1 ? undefined : end));
}

/** `some avg10=…` of a pressure file: per cent of the last ten seconds in which something waited. */
export function parsePressure(text: string): number | undefined {
  const match = /^some avg10=(\d{1,3}(?:\.\d{1,4})?) /m.exec(text);
  return match ? Math.min(100, Number(match[1])) : undefined;
}
