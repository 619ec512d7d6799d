/** A policy that is being written: what it began with, what is written by now, and what is wrong with it. */
import { useState } from 'react';
import type { Draft } from '../../../components/schema-form/draft.ts';
import { differences, type Difference } from '../../../components/json-difference.ts';
import { writeYaml } from '../../../manifests/write.ts';
import type { KindOfPolicy } from '../kinds.ts';
import { begin, filled, typed, type Editing } from './editing.ts';
import { FORMS } from './forms.ts';
import { useCheck, type Checked } from './use-check.ts';

/** As it is stored by now. */
interface StoredPolicy {
  readonly generation: number;
  readonly manifest: unknown;
}

export interface Edited {
  readonly kind: KindOfPolicy;
  readonly name: string;
  readonly tenant: string;
  /** Null: it is new. */
  readonly stored: StoredPolicy | null;
  /** What a new one begins with. */
  readonly beginning: string;
}

export interface EditingTool {
  readonly editing: Editing;
  readonly checked: Checked;
  /** What it began with: whoever saves meanwhile is not overwritten. */
  readonly base: StoredPolicy | null;
  readonly changes: readonly Difference[];
  readonly isChanged: boolean;
  /** Somebody else has saved, or deleted, it since it was begun with. */
  readonly isOvertaken: boolean;
  readonly fill: (draft: Draft) => void;
  readonly type: (text: string) => void;
  /** Begins anew from what is stored. */
  readonly takeStored: () => void;
  /** Goes on with what is written, over what is stored by now. */
  readonly keepMine: () => void;
  readonly onSaved: () => void;
}

export function useEditing({ kind, name, tenant, stored, beginning }: Edited): EditingTool {
  const form = FORMS[kind.kind];
  const textOf = (policy: StoredPolicy | null): string => (policy === null ? beginning : writeYaml(policy.manifest));
  const [base, setBase] = useState(stored);
  const [editing, setEditing] = useState(() => begin(form, textOf(stored)));
  /** What was stored when it was saved: what is stored next is ours. */
  const [before, setBefore] = useState<StoredPolicy | null | undefined>(undefined);
  const checked = useCheck(editing, kind, name, tenant);
  const changes = differences(base?.manifest ?? {}, editing.read.value ?? {});
  return {
    ...{ editing, checked, base, changes },
    isChanged: base === null || changes.length > 0,
    isOvertaken: stored !== before && isOther(base, stored),
    fill: (draft) => setEditing(filled(form, editing, draft)),
    type: (text) => setEditing(typed(form, editing, text)),
    takeStored: () => {
      setBase(stored);
      setEditing(begin(form, textOf(stored)));
    },
    keepMine: () => setBase(stored),
    onSaved: () => {
      setBefore(stored);
      setBase({ generation: (base?.generation ?? 0) + 1, manifest: editing.read.value });
    },
  };
}

function isOther(base: StoredPolicy | null, stored: StoredPolicy | null): boolean {
  if (stored?.generation === base?.generation) return false;
  return differences(base?.manifest ?? {}, stored?.manifest ?? {}).length > 0;
}
