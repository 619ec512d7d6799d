import { useCallback, useRef } from 'react';
import { FollowBuild } from '../../generated/operations.ts';
import { useLive, type Live } from '../../live/use-live.ts';
import { appended, type BuildItem, type BuildLog } from './build-log.ts';

/** Follows a build and its log from the first line until it has ended. @param uid null: none */
export function useBuild(uid: string | null): Live<BuildLog> {
  const isBegunAgain = useRef(false);
  const apply = useCallback((log: BuildLog | undefined, { build }: { readonly build: BuildItem }) => {
    const next = appended(log, build, isBegunAgain.current);
    isBegunAgain.current = false;
    return next;
  }, []);
  const resume = useCallback((_log: BuildLog, variables: { readonly uid: string }) => {
    isBegunAgain.current = true;
    return variables;
  }, []);
  return useLive(FollowBuild, { variables: uid === null ? null : { uid }, apply, resume });
}

/** What is known of it so far; null: nothing yet, or it was refused. */
export function knownOf<State>(live: Live<State>): State | null {
  return live.kind === 'live' || live.kind === 'ended' ? live.state : null;
}
