/** Images as people read of them. */
import type { Column } from '../output/printer.ts';
import { figure, NOTHING, size } from '../output/text.ts';
import type { FailedImage, MadeImage } from './make-images.ts';

/** Sizes are those on a node's disk, and of what it fetches for it. */
export const IMAGE_COLUMNS: readonly Column<MadeImage>[] = [
  { title: 'IMAGE', value: ({ name }) => name },
  { title: 'TAG', value: ({ tag }) => tag },
  { title: 'DIGEST', value: ({ digest }) => digest.slice(0, 'sha256:'.length + 12) },
  { title: 'UNPACKED', value: ({ unpackedBytes }) => size(unpackedBytes) },
  { title: 'PACKED', value: ({ packedBytes }) => size(packedBytes) },
  {
    title: 'BUILT',
    value: ({ buildSeconds }) => (buildSeconds === null ? 'unchanged' : `in ${figure(buildSeconds)} s`),
  },
  { title: 'PUSHED', value: ({ isPushed, reference }) => (isPushed ? 'yes' : reference ? 'unchanged' : NOTHING) },
];

/** One sentence, and the last lines of the program that failed below it. */
export function failureText({ error }: FailedImage): string {
  return [error.message, ...error.lastLines.map((line) => `  | ${line}`)].join('\n');
}

/** One line of a build that goes on: what was made of an image. */
export function progressText({ name, tag, buildSeconds, isPushed, reference }: MadeImage): string {
  const built = buildSeconds === null ? 'has not changed' : `was built in ${figure(buildSeconds)} s`;
  return `${name} ${tag} ${built}${isPushed ? ` and pushed as ${reference}` : ''}`;
}
