/** Any thing as the API answers it, for people: each field under a name in words, what is nested below it. */
import { describe, type Line } from '../printer.ts';
import { NOTHING, relative, size } from '../text.ts';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** `now` in milliseconds since the epoch. */
export function describeValue(value: object, now: number): string {
  return describe(linesOf(value, now, ''));
}

function linesOf(value: object, now: number, indentation: string): Line[] {
  return Object.entries(value).flatMap(([key, field]) => {
    const label = `${indentation}${labelOf(key)}`;
    if (typeof field !== 'object' || field === null) return [[label, scalarText(key, field, now)]];
    if (!Array.isArray(field)) {
      const below = linesOf(field as object, now, `${indentation}  `);
      return below.length === 0 ? [[label, NOTHING]] : [`${label}:`, ...below];
    }
    return listLines(label, key, field, now, indentation);
  });
}

function listLines(label: string, key: string, items: readonly unknown[], now: number, indentation: string): Line[] {
  if (items.every((item) => typeof item !== 'object' || item === null))
    return [[label, items.map((item) => scalarText(key, item, now)).join(', ') || NOTHING]];
  return [
    `${label}:`,
    ...items.flatMap((item, index): Line[] => [
      `${indentation}  ${index + 1}.`,
      ...linesOf(item as object, now, `${indentation}    `),
    ]),
  ];
}

/** `memoryBytes` as `Memory bytes`; what a person has written himself (labels, variables) stays as it is. */
function labelOf(key: string): string {
  if (!/^[a-z][a-zA-Z]*$/.test(key)) return key;
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function scalarText(key: string, value: unknown, now: number): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return /[bB]ytes$/.test(key) ? size(value) : String(value);
  if (typeof value !== 'string') return JSON.stringify(value);
  return TIME.test(value) ? `${value} (${relative(value, now)})` : value;
}
