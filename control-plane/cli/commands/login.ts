/** `login`: checks a token and stores it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Client } from '../client/client.ts';
import { normalUrl } from '../client/endpoint.ts';
import { contextsFile, saveContext } from '../contexts.ts';
import { usage } from '../exit.ts';
import { Caller } from '../generated/operations.ts';
import { say, type Io } from '../io.ts';
import { word } from '../output/text.ts';

const LONGEST_TOKEN = 512;

export async function login(
  io: Io,
  address: string,
  options: { readonly name?: string; readonly tenant?: string },
): Promise<void> {
  const url = normalUrl(address, 'URL');
  const token = await readToken(io);
  const client = new Client({ url, token, tenant: options.tenant }, io.interrupted);
  const { caller } = await client.query(Caller, {});
  const name = options.name ?? new URL(url).host;
  await saveContext(name, { url, token, ...(options.tenant === undefined ? {} : { tenant: options.tenant }) }, io.env);
  const only = caller.application === null ? '' : `, for the application ${caller.application} only`;
  const place = caller.tenant === null ? 'of the platform' : `of the tenant ${caller.tenant}${only}`;
  say(io, `logged in to ${url} as ${caller.name}, ${word(caller.role)} ${place}`);
  say(io, `stored as context "${name}" in ${contextsFile(io.env)}`);
}

async function readToken(io: Io): Promise<string> {
  const text = (io.stdin.isTTY === true ? await askWithoutEcho(io) : await readAll(io)).trim();
  if (text === '' || /\s/.test(text) || text.length > LONGEST_TOKEN) {
    throw usage(
      'no token was given: pass it on stdin, as in "cartwright login URL < token-file", or type it when asked',
    );
  }
  return text;
}

async function readAll(io: Io): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.length > 2 * LONGEST_TOKEN) break;
  }
  return text;
}

/** The terminal's echo goes to a stream that shows nothing. */
async function askWithoutEcho(io: Io): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  io.stderr.stream.write('token: ');
  try {
    return await lines.question('', { signal: io.interrupted });
  } finally {
    lines.close();
    io.stderr.stream.write('\n');
  }
}
