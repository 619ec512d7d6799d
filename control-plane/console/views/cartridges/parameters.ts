/** What a component can set of a cartridge, with what holds otherwise: the fields of the form, as a list. */
import type { Field } from '../../components/schema-form/field.ts';

export interface Parameter {
  /** `resources.cpuCores`. */
  readonly name: string;
  /** What it may be, in a few words. */
  readonly type: string;
  readonly description: string | null;
  /** What holds where nothing is given; undefined: nothing is said. */
  readonly fallback: unknown;
}

/** @param fallbacks of the shape of the value */
export function parametersOf(field: Field, fallbacks: unknown, name = ''): Parameter[] {
  if (field.kind === 'group') {
    const values = (typeof fallbacks === 'object' && fallbacks !== null ? fallbacks : {}) as Readonly<
      Record<string, unknown>
    >;
    return field.members.flatMap((member) =>
      parametersOf(member.field, values[member.name], name === '' ? member.name : `${name}.${member.name}`),
    );
  }
  return [{ name, type: typeOf(field), description: field.description, fallback: fallbacks ?? field.fallback }];
}

export function typeOf(field: Field): string {
  switch (field.kind) {
    case 'text':
      return 'text';
    case 'number':
      return `${field.isWhole ? 'whole number' : 'number'}${bounds(field)}`;
    case 'flag':
      return 'yes or no';
    case 'choice':
      return field.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' | ');
    case 'either':
      return field.options.map(typeOf).join(' or ');
    case 'list':
      return `list of: ${typeOf(field.item)}`;
    case 'entries':
      return `${typeOf(field.values)} by name`;
    case 'group':
      return 'group';
    case 'json':
      return 'anything';
  }
}

function bounds({ minimum, maximum, above, below }: Field & { kind: 'number' }): string {
  const least = Number.isFinite(minimum) ? `from ${minimum}` : Number.isFinite(above) ? `above ${above}` : '';
  // The largest whole number of JavaScript is no bound that anybody has thought of.
  const isBounded = Number.isFinite(maximum) && maximum < Number.MAX_SAFE_INTEGER;
  const most = isBounded ? `to ${maximum}` : Number.isFinite(below) ? `below ${below}` : '';
  const both = [least, most].filter((part) => part !== '').join(' ');
  return both === '' ? '' : `, ${both}`;
}
