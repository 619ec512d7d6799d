/** The agent's own log: one JSON object a line on stderr, which the provider directs to a file. Never carries a token. */
type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type AgentLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A line of it, as it is written. */
export interface AgentLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Lines of the same message within a minute beyond this many are counted instead of written. */
const MAX_REPEATS_A_MINUTE = 10;

/** @param write takes one line with its end, and what it says. */
export function createAgentLog(write: (line: string, says: AgentLine) => void, now: () => number = Date.now): AgentLog {
  const seen = new Map<string, { minute: number; count: number }>();
  return (level, message, fields = {}) => {
    const minute = Math.floor(now() / 60_000);
    const entry = seen.get(message);
    const count = entry?.minute === minute ? entry.count + 1 : 1;
    const suppressed = entry && entry.minute !== minute ? Math.max(0, entry.count - MAX_REPEATS_A_MINUTE) : 0;
    if (seen.size > 1000) seen.clear();
    seen.set(message, { minute, count });
    if (count > MAX_REPEATS_A_MINUTE) return;
    const said = { ...(suppressed ? { suppressed } : {}), ...fields };
    const line = { time: new Date(now()).toISOString(), level, message, ...said };
    write(`${JSON.stringify(line)}\n`, { level, message, fields: said });
  };
}

/** As a person reads it among the lines of the application. */
export function agentLineText({ message, fields }: AgentLine): string {
  const said = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [message, ...said].join(' ');
}
