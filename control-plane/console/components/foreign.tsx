import type { ReactNode } from 'react';
import { visible } from './visible.ts';

/** Text of strangers: it can neither hide anything nor turn what stands around it. */
export function Foreign({ text }: { readonly text: string }): ReactNode {
  return <bdi>{visible(text)}</bdi>;
}
