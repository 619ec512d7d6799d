// The program that the sample's start script installs: an HTTP server that knows the days of the year.
import { createServer } from 'node:http';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MILLISECONDS_A_DAY = 86_400_000;

/** The day of a date as YYYY-MM-DD; undefined when there is no such day. */
export function dayOf(text) {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    return undefined;
  const ofYear = (date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / MILLISECONDS_A_DAY + 1;
  return { date: text, weekday: DAYS[date.getUTCDay()], dayOfYear: ofYear };
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://almanac');
  const [, what, text, ...rest] = pathname.split('/');
  const today = new Date().toISOString().slice(0, 10);
  const answer =
    pathname === '/'
      ? { ...dayOf(today), installedIn: import.meta.dirname, builtWith: process.env.ALMANAC_BUILT_WITH ?? null }
      : what === 'day' && rest.length === 0
        ? dayOf(text)
        : undefined;
  response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(answer ?? { error: `no day at ${pathname}` })}\n`);
});

server.listen(Number(process.env.PORT), process.env.HOST, () => {
  console.log(`almanac listens on ${process.env.HOST}:${process.env.PORT}`);
});

process.on('SIGTERM', () => {
  console.log('SIGTERM: ending after what is in flight');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
