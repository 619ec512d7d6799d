/** What an instance is to its host cluster. */
export interface ObservedObject {
  readonly kind: string;
  readonly name: string;
  readonly detail: string | null;
}

/** The one that the instance runs in: its pod, of which the detail names the node; the innermost where there is none. */
export function placeIn<Observed extends ObservedObject>(objects: readonly Observed[]): Observed | null {
  return objects.find(({ kind }) => kind === 'Pod') ?? objects.at(-1) ?? null;
}
