/** The agent's own log: one JSON object a line on stderr, which the provider directs to a file. Never carries a token. */
type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type AgentLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Lines of the same message within a minute beyond this many are counted instead of written. */
const MAX_REPEATS_A_MINUTE = 10;

/** @param write takes one line with its end. */
export function createAgentLog(write: (line: string) => void, now: () => number = Date.now): AgentLog {
  const seen = new Map<string, { minute: number; count: number }>();
  return (level, message, fields = {}) => {
    const minute = Math.floor(now() / 60_000);
    const entry = seen.get(message);
    const count = entry?.minute === minute ? entry.count + 1 : 1;
    const suppressed = entry && entry.minute !== minute ? Math.max(0, entry.count - MAX_REPEATS_A_MINUTE) : 0;
    if (seen.size > 1000) seen.clear();
    seen.set(message, { minute, count });
    if (count > MAX_REPEATS_A_MINUTE) return;
    const line = {
      time: new Date(now()).toISOString(),
      level,
      message,
      ...(suppressed ? { suppressed } : {}),
      ...fields,
    };
    write(`${JSON.stringify(line)}\n`);
  };
}
