/** What an instance is to its host cluster, and on which node, on a line of its own; nothing where it is not known. */
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { placeIn, type ObservedObject } from './observed-object.ts';

export interface PlaceLineProps {
  /** Null: nothing of it was observed. */
  readonly observed: { readonly objects: readonly ObservedObject[] } | null;
}

export function PlaceLine({ observed }: PlaceLineProps): ReactNode {
  const place = placeIn(observed?.objects ?? []);
  if (place === null) return null;
  return (
    <>
      <br />
      <span className="quiet">
        {place.kind} <Foreign text={place.name} />
        {place.detail === null ? null : (
          <>
            , <Foreign text={place.detail} />
          </>
        )}
      </span>
    </>
  );
}
