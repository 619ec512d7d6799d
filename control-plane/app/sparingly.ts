/** A database that is away fails for everybody, each second: said once a minute it is said often enough. */
import { StoreUnavailable } from './errors.ts';

const AGAIN_MILLISECONDS = 60_000;

/** Hands errors on; those of a database that is away at most once a minute, by their code. `now`: milliseconds. */
export function sparingly(now: () => number, tell: (error: unknown) => void): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    if (error instanceof StoreUnavailable) {
      const at = now();
      if (at - (told.get(error.code) ?? -Infinity) < AGAIN_MILLISECONDS) return;
      told.set(error.code, at);
    }
    tell(error);
  };
}
