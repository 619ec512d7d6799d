/** The chain that led to an instance: what was decided, where it was placed, what it is there, what happened. As `cartwright why` has it. */

export interface Step {
  readonly label: 'Decision' | 'Placement' | 'Object' | 'Event';
  /** ISO 8601; null: it has no time of its own. */
  readonly at: string | null;
  readonly text: string;
}

export interface ChainEvent {
  readonly at: string;
  readonly type: string;
  readonly data: unknown;
}

export interface ChainOf {
  /** Uid of what asked for the instance; null: not known. */
  readonly cause: string | null;
  readonly placement: { readonly hostCluster: string; readonly partition: string } | null;
  readonly observed: {
    readonly objects: readonly { readonly kind: string; readonly name: string; readonly detail: string | null }[];
  } | null;
}

/**
 * @param decision null: none is kept under its cause
 * @param events about it, oldest first
 */
export function chainOf(
  { cause, placement, observed }: ChainOf,
  decision: { readonly at: string; readonly sentence: string } | null,
  events: readonly ChainEvent[],
): Step[] {
  const created = events.find(({ type }) => type === 'instance.created');
  const where = placement === null ? 'not known' : `${placement.partition} on ${placement.hostCluster}`;
  const why = textIn(created?.data, 'why');
  const objects = observed?.objects ?? [];
  return [
    { label: 'Decision', at: decision?.at ?? null, text: decision?.sentence ?? withoutDecision(cause) },
    { label: 'Placement', at: created?.at ?? null, text: why === undefined ? where : `${where}: ${why}` },
    ...(objects.length === 0
      ? [{ label: 'Object' as const, at: null, text: 'none is known to its host cluster (any more)' }]
      : objects.map(({ kind, name, detail }) => ({
          ...{ label: 'Object' as const, at: null },
          text: `${kind} ${name}${detail === null ? '' : `: ${detail}`}`,
        }))),
    ...events.map(({ at, type, data }) => {
      const said = saidIn(data);
      return { label: 'Event' as const, at, text: said === undefined ? type : `${type}: ${said}` };
    }),
  ];
}

function withoutDecision(cause: string | null): string {
  return cause === null ? 'none: nothing was decided for it' : `none that is kept: it was asked for by ${cause}`;
}

/** What an event says for a person. */
function saidIn(data: unknown): string | undefined {
  for (const name of ['sentence', 'message', 'why']) {
    const text = textIn(data, name);
    if (text !== undefined) return text;
  }
  const reason = fieldIn(data, 'reason');
  return typeof reason === 'string' ? reason : textIn(reason, 'message');
}

function textIn(data: unknown, name: string): string | undefined {
  const value = fieldIn(data, name);
  return typeof value === 'string' ? value : undefined;
}

function fieldIn(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
}
