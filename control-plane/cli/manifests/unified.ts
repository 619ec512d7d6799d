/** Two texts as a unified diff (the format of diff -u and of patch). Pure. */

const CONTEXT = 3;
/** With more differences than this, all lines of one text are taken for gone and all of the other for new. */
const MOST_DIFFERENCES = 4000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Hunks without the two header lines; none where the texts are the same. Lines are without their line feeds. */
export function unifiedHunks(before: readonly string[], after: readonly string[]): string[] {
  const lines = compared(before, after);
  const shown = new Set<number>();
  lines.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    for (let near = index - CONTEXT; near <= index + CONTEXT; near += 1) shown.add(near);
  });
  const output: string[] = [];
  let [old, young] = [1, 1];
  let hunk: { readonly lines: Line[]; readonly old: number; readonly young: number } | undefined;
  const close = (): void => {
    if (hunk !== undefined) output.push(...hunkLines(hunk.lines, hunk.old, hunk.young));
    hunk = undefined;
  };
  for (const [index, line] of lines.entries()) {
    if (shown.has(index)) {
      hunk ??= { lines: [], old, young };
      hunk.lines.push(line);
    } else close();
    if (line.sign !== '+') old += 1;
    if (line.sign !== '-') young += 1;
  }
  close();
  return output;
}

function hunkLines(lines: readonly Line[], old: number, young: number): string[] {
  const [oldCount, youngCount] = (['+', '-'] as const).map((not) => lines.filter(({ sign }) => sign !== not).length);
  return [
    `@@ -${range(old, oldCount!)} +${range(young, youngCount!)} @@`,
    ...lines.map(({ sign, text }) => `${sign}${text}`),
  ];
}

/** An empty range is said to be behind the line before it. */
function range(start: number, count: number): string {
  return `${count === 0 ? start - 1 : start},${count}`;
}

/** All lines of both, by the shortest edit script (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986). */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  const trace = furthest(before, after);
  if (trace === undefined) return [...signed('-', before), ...signed('+', after)];
  const lines: Line[] = [];
  let [x, y] = [before.length, after.length];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reached = trace[d]!;
    const k = x - y;
    const isDown = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
    const fromK = isDown ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (reached.get(fromK) ?? 0);
    const fromY = d === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      lines.push({ sign: ' ', text: before[x]! });
    }
    if (d === 0) break;
    lines.push(isDown ? { sign: '+', text: after[fromY]! } : { sign: '-', text: before[fromX]! });
    [x, y] = [fromX, fromY];
  }
  return lines.reverse();
}

/** For each number of differences, how far each diagonal had come before it; `undefined`: there are too many. */
function furthest(before: readonly string[], after: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  let reached = new Map<number, number>([[1, 0]]);
  const most = Math.min(before.length + after.length, MOST_DIFFERENCES);
  for (let d = 0; d <= most; d += 1) {
    trace.push(reached);
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));
      let x = isDown ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      next.set(k, x);
      if (x >= before.length && x - k >= after.length) return trace;
    }
    reached = next;
  }
  return undefined;
}

function signed(sign: Line['sign'], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ sign, text }));
}
