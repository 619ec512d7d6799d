/** `context`: which control planes are known, and which one is in use. Tokens are never shown. */
import { contextsFile, readContexts, selectContext } from '../contexts.ts';
import { notFound, usage } from '../exit.ts';
import { say, type Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';

export async function context(
  io: Io,
  printer: Printer,
  action: string | undefined,
  name: string | undefined,
): Promise<void> {
  if (action === 'use') {
    if (name === undefined) throw usage('say which: cartwright context use NAME');
    await selectContext(name, io.env);
    say(io, `now using ${name}`);
    return;
  }
  if (name !== undefined || (action !== undefined && action !== 'list')) {
    throw usage('expected "cartwright context", "cartwright context list" or "cartwright context use NAME"');
  }
  const { current, contexts } = await readContexts(io.env);
  const items = Object.entries(contexts).map(([key, { url, tenant }]) => ({
    name: key,
    url,
    tenant: tenant ?? null,
    current: key === current,
  }));
  if (action === 'list') {
    await printer.list(
      items,
      [
        { title: 'IN USE', value: (item) => (item.current ? '*' : '') },
        { title: 'NAME', value: (item) => item.name },
        { title: 'URL', value: (item) => item.url },
        { title: 'TENANT', value: (item) => item.tenant ?? '-' },
      ],
      `${contextsFile(io.env)} holds no contexts; see "cartwright login"`,
      contextReference,
    );
    return;
  }
  const used = items.find((item) => item.current);
  if (used === undefined) throw notFound('no context is in use; see "cartwright context list" and "cartwright login"');
  await printer.one(used, () => `${used.name} (${used.url})`, contextReference);
}

function contextReference({ name }: { readonly name: string }): string {
  return `context/${name}`;
}
