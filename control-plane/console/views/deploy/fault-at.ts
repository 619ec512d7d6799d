import type { Fault } from '../../components/schema-form/draft.ts';

/** What is wrong with one field of the form; empty: nothing. */
export function faultAt(faults: readonly Fault[], ...path: readonly string[]): string {
  const place = JSON.stringify(path);
  return faults
    .filter((fault) => JSON.stringify(fault.path) === place)
    .map(({ message }) => message)
    .join(' ');
}
