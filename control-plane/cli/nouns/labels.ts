/** Labels of manifests, and selecting by them. */
import { usage } from '../exit.ts';
import type { Column } from '../output/printer.ts';
import { NOTHING } from '../output/text.ts';

export type Labels = Readonly<Record<string, string>>;

/** Those of a manifest as the API answers it; none where it is no manifest. */
export function labelsOf(manifest: unknown): Labels {
  const { metadata } = (manifest ?? {}) as { metadata?: { labels?: unknown } };
  const { labels } = metadata ?? {};
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** As a selector that takes just these. */
export function labelsText(labels: Labels): string {
  return (
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',') || NOTHING
  );
}

export const labelsColumn: Column<{ readonly labels: Labels }> = {
  title: 'LABELS',
  value: ({ labels }) => labelsText(labels),
  isWide: true,
};

export interface Requirement {
  readonly key: string;
  /** `present` and `absent` are about the key alone. */
  readonly operator: 'equal' | 'unequal' | 'present' | 'absent';
  readonly value: string;
}

/**
 * A label selector, as kubectl has them: `key=value`, `key!=value`, `key` (is there) and `!key` (is not), several with commas; all of
 * them must hold. Throws a usage error that names `option`.
 */
export function parseSelector(text: string, option: string): readonly Requirement[] {
  return text.split(',').map((part) => {
    const match = /^\s*(!?)([^\s=!,]{1,253})\s*(?:(==?|!=)\s*(.*?)\s*)?$/.exec(part);
    const [, isNot = '', key = '', sign, value = ''] = match ?? [];
    if (match === null || (isNot === '!' && sign !== undefined))
      throw usage(`${option}: expected key=value, key!=value, key or !key, several with commas; got "${text}"`);
    if (sign === undefined) return { key, operator: isNot === '!' ? 'absent' : 'present', value: '' };
    return { key, operator: sign === '!=' ? 'unequal' : 'equal', value };
  });
}

export function matches(labels: Labels, selector: readonly Requirement[]): boolean {
  return selector.every(({ key, operator, value }) => {
    const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'equal':
        return found === value;
      case 'unequal':
        return found !== value;
      case 'present':
        return found !== undefined;
      case 'absent':
        return found === undefined;
    }
  });
}
