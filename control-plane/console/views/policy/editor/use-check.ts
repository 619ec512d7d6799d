/** What is wrong with the text that is written: by the rules that the page has, and then by the control plane itself. */
import { useEffect, useMemo, useState } from 'react';
import type { Fault } from '../../../components/schema-form/draft.ts';
import { PolicyApply } from '../../../generated/operations.ts';
import { useSigned } from '../../../live/context.tsx';
import { Refused } from '../../../live/refused.ts';
import { useSettled } from '../../../live/use-settled.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import { faultsOf } from '../../../manifests/check.ts';
import type { KindOfPolicy } from '../kinds.ts';
import type { Editing } from './editing.ts';
import { FILE_NAME, faultsIn } from './server-faults.ts';
import type { TextFault } from './yaml-text.ts';

export interface Checked {
  /** At their lines. */
  readonly lines: readonly TextFault[];
  /** At their fields of the specification. */
  readonly fields: readonly Fault[];
  /** Whether the control plane has said that it would take exactly this text. */
  readonly isTaken: boolean;
  /** The control plane could not be asked. */
  readonly error: Refused | null;
}

const SETTLED_MILLISECONDS = 500;

type Answer =
  | { readonly kind: 'taken' | 'asking' }
  | { readonly kind: 'wrong'; readonly faults: readonly TextFault[] }
  | { readonly kind: 'unknown'; readonly error: Refused };

export function useCheck(editing: Editing, { manifestKind }: KindOfPolicy, name: string, tenant: string): Checked {
  const { connection } = useSigned();
  const { text, read, faults: formFaults } = editing;
  const problems = useMemo(
    () => (read.faults.length > 0 ? [] : [...faultsOf(read.value, manifestKind), ...renamed(read.value, name)]),
    [read, manifestKind, name],
  );
  const settled = useSettled(text, SETTLED_MILLISECONDS);
  const mayAsk = settled === text && read.faults.length === 0 && problems.length === 0;
  const [answer, setAnswer] = useState<{ readonly text: string; readonly answer: Answer } | null>(null);
  useEffect(() => {
    if (!mayAsk) return undefined;
    let isWanted = true;
    const input = { manifests: text, fileName: FILE_NAME, tenant, dryRun: true };
    connection
      .ask(PolicyApply, { input })
      .then(({ apply }): Answer => {
        carriedOut(apply);
        return { kind: 'taken' };
      })
      .catch((error: unknown): Answer => answerOf(Refused.of(error)))
      .then(
        (next) => isWanted && setAnswer({ text, answer: next }),
        () => undefined,
      );
    return () => {
      isWanted = false;
    };
  }, [mayAsk, text, tenant, connection]);

  const said: Answer = answer?.text === text ? answer.answer : { kind: 'asking' };
  const lines = [
    ...read.faults,
    ...problems.map(({ path, message }) => ({
      line: read.lineOf(path),
      column: 1,
      message: `${path.join('.')}: ${message}`,
    })),
    ...(said.kind === 'wrong' ? said.faults : []),
  ];
  const fields = [
    ...formFaults,
    ...problems.filter(({ path }) => path[0] === 'spec').map((fault) => ({ ...fault, path: fault.path.slice(1) })),
  ];
  return {
    lines,
    fields,
    isTaken: said.kind === 'taken' && formFaults.length === 0 && lines.length === 0,
    error: said.kind === 'unknown' ? said.error : null,
  };
}

/** What the caller can put right has its line; anything else is not about the text. */
function answerOf(error: Refused): Answer {
  return error.code === 'INVALID' ? { kind: 'wrong', faults: faultsIn(error.message) } : { kind: 'unknown', error };
}

/** A policy is changed under the name that it has. */
function renamed(manifest: unknown, name: string): Fault[] {
  const found = (manifest as { metadata?: { name?: unknown } } | null)?.metadata?.name;
  if (found === undefined || found === name) return [];
  return [
    { path: ['metadata', 'name'], message: `Expected ${name}: another name is another policy.`, isMissing: false },
  ];
}
