/** Reading what the address says: anybody can write anything there, and numbers come as numbers. */

/** The texts of these names, as far as they are there. */
export function textsIn<Name extends string>(
  given: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const found = names.flatMap((name) => {
    const value = given[name];
    const text = typeof value === 'number' ? String(value) : value;
    return typeof text === 'string' && text !== '' ? [[name, text] as const] : [];
  });
  return Object.fromEntries(found) as { readonly [name in Name]?: string };
}

/** A whole number from 1; undefined: there is none. */
export function numberIn(given: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = Number(given[name]);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
