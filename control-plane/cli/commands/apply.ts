/** `apply`: sends manifests as they are; the control plane checks them and names file and line of what is wrong. */
import type { Session } from '../client/session.ts';
import { requireSomebody, type Confirmation } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT } from '../exit.ts';
import { Apply, CompareManifests, type ApplyMutation } from '../generated/operations.ts';
import { say } from '../io.ts';
import type { Change } from '../manifests/changes.ts';
import { readManifests, textOf } from '../manifests/read.ts';
import { json } from '../output/printer.ts';
import { word } from '../output/text.ts';

export type Applied = NonNullable<ApplyMutation['apply']['objects']>[number];

/** What `-o json` prints of an object: with `changes` in a dry run, and with the result PRUNED where it was deleted, or would be. */
export type Outcome = Omit<Applied, 'result'> & {
  readonly result: Applied['result'] | 'PRUNED';
  readonly changes?: readonly Change[];
};

/** As commander gives them. */
export interface ApplyOptions extends Confirmation {
  readonly file: readonly string[];
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly selector?: string;
  readonly kind?: readonly string[];
  readonly timeout: string;
}

/** Files are applied one after the other; what could not be is said at the end of all, and the command fails. */
export async function apply(session: Session, options: ApplyOptions): Promise<void> {
  const { io } = session;
  const isDry = options.dryRun === true;
  parseDuration(options.timeout, '--timeout');
  const { pruningOf, prune } = await import('../manifests/prune.ts');
  const pruning = pruningOf(options);
  if (pruning !== undefined && !isDry) requireSomebody(io, options, 'delete what is not in the files');
  const outcomes: Outcome[] = [];
  const failures: CliError[] = [];
  for (const file of await readManifests(io, options.file)) {
    await collecting(failures, async () => {
      const input = { manifests: await textOf(file), fileName: file.name };
      outcomes.push(...(isDry ? await compared(session, input) : await applyText(session, input)));
    });
  }
  for (const { warnings } of outcomes) for (const warning of warnings) say(io, `warning: ${warning}`);
  if (pruning !== undefined && failures.length > 0) {
    // What is in a file that could not be applied would be taken for what is in none.
    say(io, 'nothing is pruned, as not everything was applied');
  } else if (pruning !== undefined) {
    const kept = new Set(outcomes.map(({ uid }) => uid));
    await collecting(failures, async () => {
      for await (const pruned of prune(session, pruning, kept, options)) outcomes.push(pruned);
    });
  }
  await report(session, outcomes, isDry);
  if (failures.length > 0) throw failureOf(failures);
}

/** Keeps what fails for the end; without a valid token nothing else is tried. */
export async function collecting(failures: CliError[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CliError) || error.exit === EXIT.unauthenticated) throw error;
    failures.push(error);
  }
}

async function report({ printer }: Session, outcomes: readonly Outcome[], isDry: boolean): Promise<void> {
  if (printer.format === 'json' || printer.format === 'yaml') return printer.value(outcomes);
  for (const outcome of outcomes) await printer.item(outcome, () => lines(outcome, isDry), referenceOf);
}

/** All that is wrong; the exit code is that of the failures where they have the same, such as the one for what does not exist. */
export function failureOf(failures: readonly CliError[]): CliError {
  const codes = new Set(failures.map(({ exit }) => exit));
  const [code = EXIT.failed] = codes;
  return new CliError(codes.size === 1 ? code : EXIT.failed, failures.map(({ message }) => message).join('\n'));
}

export function referenceOf({ kind, name }: Pick<Applied, 'kind' | 'name'>): string {
  return `${kind.toLowerCase()}/${name}`;
}

/** Throws `CliError` with the control plane's reasons. */
export async function applyText(
  session: Session,
  input: {
    readonly manifests: string;
    readonly fileName: string;
    readonly dryRun?: boolean;
    readonly expectedGeneration?: number;
  },
): Promise<readonly Applied[]> {
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  return (await session.client.mutate(Apply, { ...input, ...tenant })).objects ?? [];
}

export type Compared = Applied & { readonly before: unknown; readonly after: unknown };

/** A dry run, with the manifests as they are and would be stored. */
export async function compareText(
  session: Session,
  input: { readonly manifests: string; readonly fileName: string },
): Promise<readonly Compared[]> {
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  return (await session.client.mutate(CompareManifests, { ...input, ...tenant, dryRun: true })).objects ?? [];
}

async function compared(session: Session, input: Parameters<typeof compareText>[1]): Promise<readonly Outcome[]> {
  const { changesBetween } = await import('../manifests/changes.ts');
  return (await compareText(session, input)).map(({ before, after, ...object }) => ({
    ...object,
    changes: before === null ? [] : changesBetween(before, after),
  }));
}

function lines({ kind, name, result, changes = [] }: Outcome, isDry: boolean): string {
  return [
    `${kind} ${name} ${word(result)}${isDry ? ' (dry run)' : ''}`,
    ...changes.map(({ field, before, after }) => `  ${field}: ${shown(before)} → ${shown(after)}`),
  ].join('\n');
}

function shown(value: unknown): string {
  return value === null ? 'nothing' : json(value);
}
