/** Steady requests, a few at a time, for as long as a test wants to see that none of them fails. */

export interface SteadyLoad {
  /** Ends it; says how many were sent and why each failed one did. */
  stop(): Promise<{ sent: number; failed: string[] }>;
}

/** The body of one answer; throws for any status but 2xx. */
export async function getText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

/** With what is below it: `fetch failed` alone says nothing. */
function reasonOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  return `${message}: ${(cause as NodeJS.ErrnoException).code ?? ''} ${cause.message}`;
}

export function steadyLoad(url: string, workers = 4): SteadyLoad {
  let running = true;
  let sent = 0;
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    while (running) {
      sent += 1;
      await getText(url).catch((error: unknown) => failed.push(reasonOf(error as Error)));
    }
  };
  const working = Array.from({ length: workers }, work);
  return {
    async stop() {
      running = false;
      await Promise.all(working);
      return { sent, failed };
    },
  };
}
