/** What to do about the reasons for which a deployment failed. Codes are registered words; more can come. */
const NEXT: Readonly<Record<string, string>> = {
  BUILD_FAILED: 'Read the last lines of the build’s log, mend the source, and deploy again.',
  BUILD_TIMED_OUT: 'Make the build faster, or have the cartridge’s build.timeoutSeconds raised.',
  BUILD_TOO_LARGE:
    'Leave out of the repository what the application does not need, or have the cartridge’s build.maximumBytes raised.',
  BUILD_OUT_OF_MEMORY: 'Let the build use less memory, or have an operator raise CARTWRIGHT_BUILD_MEMORY_MIB.',
  BUILD_HOOK_MISSING: 'The cartridge has no hook that builds: an operator has to mend it.',
  BUILD_NOT_STARTED: 'Nothing of it ran: have an operator look at the host clusters, then deploy again.',
  BUILD_LOST: 'It was no fault of the source: deploy again.',
  BUILD_CANCELLED: 'Deploy again if it is still wanted.',
  'start-failed': 'Read the application’s log, mend it, and deploy again.',
  'not-ready-in-time':
    'Read the application’s log. It has to listen on $HOST:$PORT; where it needs longer, raise the deadline of Readiness under More settings.',
  'crash-loop':
    'It ends by itself: see the lines that the message and the application’s log have, mend it, and deploy again.',
  exited:
    'It ends by itself: see the lines that the message and the application’s log have, mend it, and deploy again.',
  'listens-elsewhere': 'Let it listen on $HOST and $PORT, and deploy again.',
  'no-start-command': 'Neither the source nor the cartridge says what to start: fill in Start under More settings.',
  'start-command-not-found': 'Correct Start under More settings, or what the source says is to be started.',
  'out-of-memory': 'Find what grows, or raise the memory under More settings.',
  unhealthy: 'Its health checks fail: see the message, mend it, and deploy again.',
  'hook-failed': 'Read what the hook has printed, mend it, and deploy again.',
  'secrets-fetch-failed': 'Set the secret that the message names again, then deploy again.',
  'image-pull-failed': 'Push the image or correct its reference; then deploy again.',
  unschedulable: 'No node has room: free some, add nodes, or declare less under More settings.',
  'quota-exceeded': 'The namespace’s quota leaves no room: stop other instances, or have the quota raised.',
  lost: 'Its provider has lost the instance: read the application’s log, then deploy again.',
  'no-room': 'Free some room or add a host cluster, then deploy again.',
  'release-hook-failed': 'Read what the hook has printed, mend it, and deploy again.',
  'returned-by-request': 'Somebody asked for another release meanwhile; deploy again if this one is wanted.',
};

/** @param code of a build or a roll-out that failed */
export function doNext(code: string): string {
  return NEXT[code] ?? 'Read the build’s and the application’s log, mend what they say, and deploy again.';
}
