/** What the file system and the compressor say, as errors of artifacts. */
import { ArtifactError } from '../../app/errors.ts';

/** An `ArtifactError` for what is the archive's or the disk's fault; everything else as it is. */
export function artifactFailure(error: unknown, what: string): unknown {
  if (error instanceof ArtifactError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ArtifactError('DISK_FULL', `no room on the disk while ${what}; free some space and try again`, {
      cause: error,
    });
  if (code === 'ENAMETOOLONG')
    return new ArtifactError('ARTIFACT_INVALID', `the archive holds a path or a link that is too long (${what})`, {
      cause: error,
    });
  if (code?.startsWith('Z_') || code?.startsWith('TAR_'))
    return new ArtifactError('ARTIFACT_INVALID', `the archive is damaged or no gzip-compressed tar (${message})`, {
      cause: error,
    });
  return error;
}
