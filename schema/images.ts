/** Container images: how one is named so that it never becomes another, and the file that says which are to be run. */
import * as z from 'zod';

/** As in the distribution specification; no tag, since a tag may be moved. The classes never overlap, so it is linear. */
const COMPONENT = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';
const HOST = '(?:[a-z0-9]+(?:[.-]+[a-z0-9]+)*|\\[[0-9a-f:]{2,39}\\])(?::[0-9]{1,5})?';
const REFERENCE = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*@sha256:[0-9a-f]{64}$`);

/** A repository and the digest of a manifest in it: `registry.example.org/team/php@sha256:…`. */
export const imageReference = z
  .string()
  .max(400)
  .regex(
    REFERENCE,
    'expected an image by its digest, REPOSITORY@sha256:… with 64 hexadecimal digits (a tag may be moved to another image)',
  );

/** What `npm run images -- --push REGISTRY --out FILE` writes: by name, the image that was pushed last. */
export const imageCatalogue = z.object({
  v: z.literal(1),
  /** `cartwright-agent`, and cartridges by their names. */
  images: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), imageReference),
});
export type ImageCatalogue = z.infer<typeof imageCatalogue>;
