/** An application that prints what it is told to. */

/** `POST /print`: the body, a line for each of its lines (escapes as in JSON). `GET /exit`: ends with code 3. */
export const TALKER = `
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/exit') setTimeout(() => process.exit(3), 20);
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (request.url === '/print') for (const line of JSON.parse(body)) console.log(line);
    response.end('ok');
  });
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** Prints lines. @param url where the application answers */
export async function print(url: string, lines: readonly string[]): Promise<void> {
  const response = await fetch(new URL('/print', url), { method: 'POST', body: JSON.stringify(lines) });
  if (!response.ok) throw new Error(`the application answered with status ${response.status}`);
  await response.arrayBuffer();
}
