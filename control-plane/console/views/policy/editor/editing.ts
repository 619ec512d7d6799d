/** One policy in two shapes, a form and its YAML: what is changed in one is changed in the other. */
import { draftOf, readDraft, type Draft, type Fault } from '../../../components/schema-form/draft.ts';
import type { Field } from '../../../components/schema-form/field.ts';
import { editsBetween, readText, withEdits, type Edit, type Path, type ReadText } from './yaml-text.ts';

export interface Editing {
  readonly text: string;
  readonly read: ReadText;
  /** What is typed into the form; as the text last said while that cannot be read. */
  readonly draft: Draft;
  /** What is wrong with what is typed into the form; the text does not have it then. */
  readonly faults: readonly Fault[];
}

export function begin(form: Field, text: string): Editing {
  return typed(form, { text, read: readText(text), draft: undefined, faults: [] }, text);
}

/** The YAML was changed. */
export function typed(form: Field, { draft }: Editing, text: string): Editing {
  const read = readText(text);
  if (read.faults.length > 0) return { text, read, draft, faults: [] };
  return { text, read, draft: draftOf(form, specOf(read.value)), faults: [] };
}

/** The form was changed. What is no value yet leaves the text as it was there. */
export function filled(form: Field, editing: Editing, draft: Draft): Editing {
  const { value, faults } = readDraft(form, draft, 'required');
  const edits = editsBetween(specOf(editing.read.value) ?? {}, value ?? {}, ['spec']).filter(
    ({ path }) => !faults.some((fault) => touches(path, ['spec', ...fault.path])),
  );
  const text = withEdits(editing.text, withSpec(editing.read.value, edits));
  return { text, read: readText(text), draft, faults };
}

/** Where there is no specification, or none that is an object, one begins. */
function withSpec(manifest: unknown, edits: readonly Edit[]): readonly Edit[] {
  if (edits.length === 0 || specOf(manifest) !== undefined) return edits;
  return [{ path: ['spec'], value: {} }, ...edits];
}

function specOf(manifest: unknown): object | undefined {
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  const spec: unknown = Reflect.get(manifest, 'spec');
  return typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? spec : undefined;
}

/** Whether one is the other, or within it. */
function touches(a: Path, b: Path): boolean {
  return Array.from({ length: Math.min(a.length, b.length) }, (_, index) => a[index] === b[index]).every(Boolean);
}
