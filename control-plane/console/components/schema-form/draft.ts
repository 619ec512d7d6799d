/**
 * What somebody has typed into the fields of a form, and the value that it stands for. A draft holds texts as they were typed, so that
 * "12a" stays what it is while it is a fault.
 */
import type { Field, NumberField, Scalar, TextField } from './field.ts';

export type Draft = string | boolean | readonly Draft[] | { readonly [name: string]: Draft } | undefined;

/** One entry of an object with names of one's own; its draft is a list of these, in the order in which they were typed. */
export interface EntryDraft {
  readonly [name: string]: Draft;
  readonly name: string;
  readonly value: Draft;
}

export interface Fault {
  /** Names and indices from the form's beginning. */
  readonly path: readonly (string | number)[];
  /** What was expected: one line. */
  readonly message: string;
  /** Nothing was given yet: worth a word only when somebody wants to go on. */
  readonly isMissing: boolean;
}

/** The faults of one member, with paths from there. */
export function faultsBelow(faults: readonly Fault[], part: string | number): readonly Fault[] {
  return faults.filter(({ path }) => path[0] === part).map((fault) => ({ ...fault, path: fault.path.slice(1) }));
}

/** What a draft stands for: undefined where nothing was given, or nothing that can be understood; then the faults say so. */
export interface Read {
  readonly value: unknown;
  readonly faults: readonly Fault[];
}

type Presence = 'optional' | 'required' | /** An item or entry: there, even if it is empty. */ 'there';

export function readDraft(field: Field, draft: Draft, presence: Presence = 'optional'): Read {
  switch (field.kind) {
    case 'list':
      return readList(field, entriesIn(draft), presence);
    case 'group':
      return readGroup(field, membersIn(draft), presence);
    case 'entries':
      return readEntries(field, entriesIn(draft) as readonly EntryDraft[], presence);
    case 'flag':
      return typeof draft === 'boolean' ? given(draft) : nothing(presence);
    default:
      return readScalar(field, typeof draft === 'string' ? draft : '', presence);
  }
}

/** The draft of a value, so that it can be changed; what does not fit the field is left out. */
export function draftOf(field: Field, value: unknown): Draft {
  if (value === undefined || value === null) return undefined;
  switch (field.kind) {
    case 'list':
      return Array.isArray(value) ? value.map((item) => draftOf(field.item, item)) : undefined;
    case 'group':
      return isObject(value) ? draftOfMembers(field, value) : undefined;
    case 'entries':
      return isObject(value)
        ? Object.entries(value).map(([name, entry]) => ({ name, value: draftOf(field.values, entry) }))
        : undefined;
    default:
      return draftOfScalar(field, value);
  }
}

function draftOfScalar({ kind }: ScalarField, value: unknown): Draft {
  switch (kind) {
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'choice':
      return JSON.stringify(value);
    case 'json':
      return JSON.stringify(value, null, 2);
    case 'text':
    case 'number':
    case 'either':
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }
}

function draftOfMembers(field: Field & { kind: 'group' }, value: Readonly<Record<string, unknown>>): Draft {
  const members = field.members.map(({ name, field: member }) => [name, draftOf(member, value[name])] as const);
  return Object.fromEntries(members.filter(([, draft]) => draft !== undefined));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesIn(draft: Draft): readonly Draft[] {
  return Array.isArray(draft) ? (draft as readonly Draft[]) : [];
}

function membersIn(draft: Draft): Readonly<Record<string, Draft>> {
  return isObject(draft) ? draft : {};
}

function given(value: unknown): Read {
  return { value, faults: [] };
}

function fault(message: string, isMissing = false): Read {
  return { value: undefined, faults: [{ path: [], message, isMissing }] };
}

function nothing(presence: Presence): Read {
  return presence === 'optional' ? given(undefined) : fault('This is needed.', true);
}

function below(part: string | number, faults: readonly Fault[]): Fault[] {
  return faults.map((found) => ({ ...found, path: [part, ...found.path] }));
}

function readList(field: Field & { kind: 'list' }, drafts: readonly Draft[], presence: Presence): Read {
  if (drafts.length === 0) {
    if (presence === 'optional') return given(undefined);
    return field.minimumItems > 0 ? nothing(presence) : given([]);
  }
  const items = drafts.map((draft) => readDraft(field.item, draft, 'there'));
  const faults = items.flatMap((item, index) => below(index, item.faults));
  if (drafts.length < field.minimumItems)
    faults.push(...fault(`Expected at least ${field.minimumItems}, found ${drafts.length}.`).faults);
  if (drafts.length > field.maximumItems)
    faults.push(...fault(`Expected at most ${field.maximumItems}, found ${drafts.length}.`).faults);
  const texts = items.map(({ value }) => JSON.stringify(value));
  for (const [index, text] of texts.entries())
    if (field.isUnique && texts.indexOf(text) < index)
      faults.push(...below(index, fault('It is given already.').faults));
  return { value: faults.length > 0 ? undefined : items.map(({ value }) => value), faults };
}

function readGroup(
  field: Field & { kind: 'group' },
  drafts: Readonly<Record<string, Draft>>,
  presence: Presence,
): Read {
  // What nobody has begun is not there, whatever it would need.
  if (presence === 'optional' && !isBegun(drafts)) return given(undefined);
  const faults: Fault[] = [];
  const values: (readonly [string, unknown])[] = [];
  for (const { name, field: member, isRequired } of field.members) {
    const implied = isRequired ? impliedBy(member) : undefined;
    const read =
      implied === undefined ? readDraft(member, drafts[name], isRequired ? 'required' : 'optional') : given(implied);
    faults.push(...below(name, read.faults));
    if (read.value !== undefined) values.push([name, read.value]);
  }
  return { value: Object.fromEntries(values), faults };
}

function isBegun(draft: Draft): boolean {
  if (draft === undefined || draft === '') return false;
  if (typeof draft === 'string' || typeof draft === 'boolean') return true;
  return Array.isArray(draft) ? draft.length > 0 : Object.values(draft).some(isBegun);
}

/** The only value that a field can have; nobody is asked for it. */
export function impliedBy(field: Field): Scalar | undefined {
  return field.kind === 'choice' && field.values.length === 1 ? field.values[0] : undefined;
}

function readEntries(field: Field & { kind: 'entries' }, drafts: readonly EntryDraft[], presence: Presence): Read {
  const faults: Fault[] = [];
  const values: (readonly [string, unknown])[] = [];
  for (const [index, { name, value: draft }] of drafts.entries()) {
    const named = readScalar(field.names, name, 'required');
    const { value, faults: within } = readDraft(field.values, draft, 'there');
    faults.push(...below(name, named.faults), ...below(name, within));
    if (drafts.findIndex((other) => other.name === name) < index)
      faults.push(...below(name, fault('This name is given twice.').faults));
    if (named.faults.length === 0 && value !== undefined) values.push([name, value]);
  }
  if (values.length === 0 && presence === 'optional') return { value: undefined, faults };
  return { value: Object.fromEntries(values), faults };
}

type ScalarField = Exclude<Field, { kind: 'list' | 'group' | 'entries' }>;

function readScalar(field: Exclude<ScalarField, { kind: 'flag' }>, typed: string, presence: Presence): Read {
  const isTextThatMayBeEmpty = presence === 'there' && field.kind === 'text' && field.minimumLength === 0;
  if (typed === '' && !isTextThatMayBeEmpty) return nothing(presence);
  switch (field.kind) {
    case 'text':
      return readText(field, typed);
    case 'number':
      return readNumber(field, typed);
    case 'choice':
      return readChoice(field.values, typed);
    case 'either': {
      const reads = field.options.map((option) => readScalar(option, typed, presence));
      const expected = reads.map(({ faults }) => faults[0]?.message ?? '');
      return reads.find(({ faults }) => faults.length === 0) ?? fault(field.description ?? expected.join(' Or: '));
    }
    case 'json':
      try {
        return given(JSON.parse(typed));
      } catch (error) {
        return fault(`Expected JSON: ${(error as Error).message}`);
      }
  }
}

function readText({ patterns, minimumLength, maximumLength, description }: TextField, typed: string): Read {
  // As JSON Schema counts: characters, not halves of them.
  const { length } = [...typed];
  if (length < minimumLength) return fault(`Expected at least ${minimumLength} characters, found ${length}.`);
  if (length > maximumLength) return fault(`Expected at most ${maximumLength} characters, found ${length}.`);
  const wrong = patterns.find((pattern) => !pattern.test(typed));
  if (wrong === undefined) return given(typed);
  return fault(description === null ? `Expected a text of the form ${wrong.source}` : `Expected: ${description}`);
}

function readNumber({ isWhole, minimum, maximum, above, below: least }: NumberField, typed: string): Read {
  const value = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(typed) ? Number(typed) : NaN;
  if (!Number.isFinite(value)) return fault(isWhole ? 'Expected a whole number.' : 'Expected a number.');
  if (isWhole && !Number.isInteger(value)) return fault('Expected a whole number.');
  if (value < minimum) return fault(`Expected ${minimum} or more.`);
  if (value <= above) return fault(`Expected more than ${above}.`);
  if (value > maximum) return fault(`Expected ${maximum} or less.`);
  if (value >= least) return fault(`Expected less than ${least}.`);
  return given(value);
}

function readChoice(values: readonly Scalar[], typed: string): Read {
  const found = values.find((value) => JSON.stringify(value) === typed);
  return found === undefined
    ? fault(`Expected one of ${values.map((value) => JSON.stringify(value)).join(', ')}.`)
    : given(found);
}
