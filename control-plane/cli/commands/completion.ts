/** `completion`, and what its scripts ask for while somebody types. */
import { Writable } from 'node:stream';
import { Client } from '../client/client.ts';
import { findEndpoint } from '../client/endpoint.ts';
import { definitionsOf } from '../completion/definitions.ts';
import { candidatesFor } from '../completion/names.ts';
import { placeOf } from '../completion/place.ts';
import { print, type Io } from '../io.ts';
import { Printer } from '../output/printer.ts';
import { packageVersion } from '../package.ts';
import { createProgram } from '../program.ts';

/** A shell waits for it with every key: later an answer is of no use. */
const LIMIT_MILLISECONDS = 1000;
/** What a shell takes as one word, whoever chose the name. */
const PLAIN = /^[\w./:@*+,=-]{1,300}$/;

export async function completion(io: Io, shell: 'bash' | 'zsh'): Promise<void> {
  const definitions = definitionsOf(await createProgram(io, () => undefined));
  const script =
    shell === 'bash'
      ? (await import('../completion/bash.ts')).bashScript(definitions, packageVersion())
      : (await import('../completion/zsh.ts')).zshScript(definitions, packageVersion());
  print(io, script.trimEnd());
}

/** Never fails and never says anything else: where nothing is known, nothing is printed. */
export async function complete(io: Io, words: readonly string[]): Promise<void> {
  const silent: Io = { ...io, stderr: { stream: nowhere(), isTerminal: false } };
  const signal = AbortSignal.any([io.interrupted, AbortSignal.timeout(LIMIT_MILLISECONDS)]);
  let client: Client | undefined;
  try {
    const place = placeOf(await createProgram(silent, () => undefined, words.slice(0, -1)), words);
    const session = async () => {
      const [context, tenant] = [place.values.get('--context'), place.values.get('--tenant')];
      const endpoint = await findEndpoint(io.env, { ...(context && { context }), ...(tenant && { tenant }) });
      client ??= new Client(endpoint, signal, io.env);
      const printer = new Printer(silent, 'json');
      return { io: silent, client, uninterrupted: client, printer, tenant: endpoint.tenant };
    };
    for (const candidate of await candidatesFor({ env: io.env, session }, place))
      if (PLAIN.test(candidate)) print(io, candidate);
  } catch {
    // Whoever types sees only that there is nothing to choose from.
  } finally {
    await client?.close();
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
