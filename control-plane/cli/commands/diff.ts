/** `diff`: what `apply` would change, as a unified diff. */
import type { Session } from '../client/session.ts';
import type { CliError } from '../exit.ts';
import { say } from '../io.ts';
import { changesBetween } from '../manifests/changes.ts';
import { readManifests, textOf } from '../manifests/read.ts';
import { unifiedHunks } from '../manifests/unified.ts';
import { wantsColour } from '../output/colour.ts';
import { printable, word } from '../output/text.ts';
import { collecting, compareText, failureOf, referenceOf, type Compared } from './apply.ts';

const PAINT = { '+': '\u001b[32m', '-': '\u001b[31m', '@': '\u001b[36m' } as const;
const RESET = '\u001b[0m';

/** @returns whether there is a difference. Throws `CliError` where not everything could be compared. */
export async function diff(session: Session, paths: readonly string[]): Promise<boolean> {
  const { io, printer } = session;
  const found: Compared[] = [];
  const failures: CliError[] = [];
  for (const file of await readManifests(io, paths)) {
    await collecting(failures, async () => {
      found.push(...(await compareText(session, { manifests: await textOf(file), fileName: file.name })));
    });
  }
  const different = found.filter(({ result }) => result !== 'UNCHANGED');
  for (const { warnings } of found) for (const warning of warnings) say(io, `warning: ${warning}`);
  if (printer.format === 'json' || printer.format === 'yaml') await printer.value(different.map(withChanges));
  else for (const one of different) await printer.item(one, await unified(session, one), referenceOf);
  if (failures.length > 0) throw failureOf(failures);
  return different.length > 0;
}

function withChanges({ before, after, ...object }: Compared) {
  return { ...object, changes: before === null ? [] : changesBetween(before, after) };
}

/** The manifests as YAML, one beside the other. */
async function unified({ io }: Session, compared: Compared): Promise<() => string> {
  const { toYaml } = await import('../output/yaml.ts');
  const linesOf = (manifest: unknown): string[] => (manifest === null ? [] : toYaml(manifest).trimEnd().split('\n'));
  const { before, after, result } = compared;
  const name = referenceOf(compared);
  const lines = [
    `--- stored/${before === null ? '(nothing)' : name}`,
    `+++ files/${name} (${word(result)})`,
    ...unifiedHunks(linesOf(before), linesOf(after)),
  ].map(printable);
  return () => (wantsColour(io, io.stdout) ? lines.map(painted) : lines).join('\n');
}

function painted(line: string): string {
  const colour = PAINT[line.charAt(0) as keyof typeof PAINT] as string | undefined;
  return colour === undefined ? line : `${colour}${line}${RESET}`;
}
