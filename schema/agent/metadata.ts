/** Key-values of an application and of a service cluster, as its agents fetch them and hand them to applications. No secrets. */
import * as z from 'zod';

/** 1 to 128 characters: letters, digits and `. _ - /`, not beginning with a sign. */
export const METADATA_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;
/** Longest value, in characters. */
export const LONGEST_METADATA_VALUE = 8192;
/** Most keys of one application or service cluster, and characters of its keys and values together. */
export const MOST_METADATA_KEYS = 100;
export const MOST_METADATA_CHARACTERS = 64 * 1024;

/** Generations of the application's and of the service cluster's, such as `3.0`; another one is another content. */
export const metadataVersion = z.string().regex(/^\d{1,15}\.\d{1,15}$/);

const entries = z.record(z.string().regex(METADATA_KEY), z.string().max(LONGEST_METADATA_VALUE));

export const metadataDocument = z.object({
  v: z.literal(1),
  version: metadataVersion,
  /** Of the whole application. */
  application: entries,
  /** Of the service cluster alone. */
  component: entries,
});
export type MetadataDocument = z.infer<typeof metadataDocument>;

/** What there is before anything was set. */
export const NO_METADATA: MetadataDocument = { v: 1, version: '0.0', application: {}, component: {} };
