/** How a build fails, wherever it runs: the same codes and words. */
import { BuildError } from '../../app/errors.ts';

export function cancelled(): BuildError {
  return new BuildError('BUILD_CANCELLED', 'the build was cancelled');
}

export function timedOut(timeoutSeconds: number): BuildError {
  return new BuildError(
    'BUILD_TIMED_OUT',
    `the build did not end within ${timeoutSeconds} s and was stopped; its last output lines say where it hangs`,
  );
}

/** @param maximumBytes of the tree, as it is on the disk */
export function tooLarge(maximumBytes: number): BuildError {
  return new BuildError(
    'BUILD_TOO_LARGE',
    `the build's result has more than ${maximumBytes} bytes; leave out what is not needed to run, or raise the cartridge's build.maximumBytes`,
  );
}

/** @param how as in `exit code 3`, or `signal SIGSEGV`. @param lastLines what the hook said last */
export function failed(how: string, lastLines: readonly string[]): BuildError {
  return new BuildError('BUILD_FAILED', `the build ended with ${how}${wordsOf(lastLines)}`);
}

/** As it stands behind what went wrong. */
export function wordsOf(lastLines: readonly string[]): string {
  const last = lastLines.join(' | ').slice(-500);
  return last === '' ? '' : `: ${last}`;
}
