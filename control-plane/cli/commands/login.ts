/** `login`: checks a token and stores it. */
import { Client } from '../client/client.ts';
import { normalUrl } from '../client/endpoint.ts';
import { contextsFile, saveContext } from '../contexts.ts';
import { usage } from '../exit.ts';
import { Caller } from '../generated/operations.ts';
import { say, type Io } from '../io.ts';
import { readSecret } from '../read-secret.ts';
import { word } from '../output/text.ts';

const LONGEST_TOKEN = 512;

export async function login(
  io: Io,
  address: string,
  options: { readonly name?: string; readonly tenant?: string },
): Promise<void> {
  const url = normalUrl(address, 'URL');
  const token = await readToken(io);
  const client = new Client({ url, token, tenant: options.tenant }, io.interrupted, io.env);
  const { caller } = await client.query(Caller, {}).finally(() => client.close());
  const name = options.name ?? new URL(url).host;
  await saveContext(name, { url, token, ...(options.tenant === undefined ? {} : { tenant: options.tenant }) }, io.env);
  const only = caller.application === null ? '' : `, for the application ${caller.application} only`;
  const place = caller.tenant === null ? 'of the platform' : `of the tenant ${caller.tenant}${only}`;
  say(io, `logged in to ${url} as ${caller.name}, ${word(caller.role)} ${place}`);
  say(io, `stored as context "${name}" in ${contextsFile(io.env)}`);
}

async function readToken(io: Io): Promise<string> {
  const text = (await readSecret(io, 'token')).trim();
  if (text === '' || /\s/.test(text) || text.length > LONGEST_TOKEN) {
    throw usage(
      'no token was given: pass it on stdin, as in "cartwright login URL < token-file", or type it when asked',
    );
  }
  return text;
}
