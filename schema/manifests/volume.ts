/** `volumes`: folders of an instance that outlive it. */
import * as z from 'zod';
import { name } from './envelope.ts';
import { bytes } from './quantity.ts';

/** What instances have there already, or what is the system's: no volume is put over it. */
const TAKEN = ['/cartwright', '/cartridge', '/dev', '/etc', '/proc', '/sys', '/tmp', '/var/run', '/run'];

const EXPECTED_PATH =
  'expected a path such as data or /var/lib/app, without . and .., empty parts and a slash at the end; characters: letters, digits and . _ -';

function isTaken(path: string): boolean {
  return TAKEN.some((taken) => path === taken || path.startsWith(`${taken}/`));
}

const volume = z.strictObject({
  name: name.describe('What the volume is called; the application gets CARTWRIGHT_VOLUME_<NAME>, its path.'),
  mountPath: z
    .string()
    .max(200)
    .regex(/^\/?(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/, EXPECTED_PATH)
    .refine(
      (path) => !isTaken(path),
      `expected a path outside of ${TAKEN.join(', ')}, which are the platform’s or the system’s`,
    )
    .describe(
      'Where an instance has it: a path below the folder volumes of the instance, or, in containers, an absolute one.',
    ),
  sizeBytes: bytes.describe('Room that each instance’s volume has.'),
  storageClass: z
    .string()
    .max(253)
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
      'expected the name of a storage class: lower-case letters, digits, points and hyphens',
    )
    .optional()
    .describe('The storage class of its claims in host clusters; the host cluster’s own default if absent.'),
});
export type Volume = z.infer<typeof volume>;

export const volumes = z.array(volume).min(1).max(8);

export function isAbsoluteMount({ mountPath }: Pick<Volume, 'mountPath'>): boolean {
  return mountPath.startsWith('/');
}

/** Where an instance has a volume. `directory`: its own, absolute. */
export function mountPathIn(directory: string, { mountPath }: Pick<Volume, 'mountPath'>): string {
  return mountPath.startsWith('/') ? mountPath : `${directory}/volumes/${mountPath}`;
}

/** The variable by which an application knows where a volume is. */
export function volumeVariable(volumeName: string): string {
  return `CARTWRIGHT_VOLUME_${volumeName.toUpperCase().replaceAll('-', '_')}`;
}
