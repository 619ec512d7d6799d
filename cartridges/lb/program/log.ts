/** The balancer's own log: one JSON object a line on stderr, which its agent collects. */

type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: LogFields) => void;

export const logToStderr: Log = (level, message, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
};

/** At most one line a minute for each message; the next one says how many were left out. */
export function limited(log: Log, clock: () => number, seconds = 60): Log {
  const last = new Map<string, { at: number; leftOut: number }>();
  return (level, message, fields) => {
    const entry = last.get(message);
    const now = clock();
    if (entry && now - entry.at < seconds) {
      entry.leftOut++;
      return;
    }
    last.set(message, { at: now, leftOut: 0 });
    log(level, message, entry && entry.leftOut > 0 ? { ...fields, leftOut: entry.leftOut } : fields);
  };
}
