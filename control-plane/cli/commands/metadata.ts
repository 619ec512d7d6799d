/** `metadata`: key-values that applications read while they run. */
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { notFound } from '../exit.ts';
import { GetMetadata, SetMetadata, type MetadataFieldsFragment } from '../generated/operations.ts';
import { noApplication, parseTarget } from '../targets.ts';

export async function get(session: Session, target: string, key: string): Promise<void> {
  const { entries } = await read(session, target);
  const entry = entries.find((candidate) => candidate.key === key);
  if (entry === undefined)
    throw notFound(`${target} has no metadata "${key}"; see "cartwright metadata list ${target}"`);
  await session.printer.bare(entry, entry.value);
}

export async function list(session: Session, target: string): Promise<void> {
  const { entries } = await read(session, target);
  await session.printer.list(
    entries,
    [
      { title: 'KEY', value: ({ key }) => key },
      { title: 'VALUE', value: ({ value }) => value },
    ],
    `${target} has no metadata`,
  );
}

export function set(session: Session, target: string, key: string, value: string): Promise<void> {
  return change(session, target, [{ key, value }], []);
}

export async function remove(
  session: Session,
  target: string,
  keys: readonly string[],
  options: Confirmation,
): Promise<void> {
  await confirm(session.io, options, `delete the metadata ${keys.join(', ')} of ${target}?`);
  return change(session, target, [], keys);
}

async function change(
  session: Session,
  target: string,
  entries: readonly { readonly key: string; readonly value: string }[],
  keys: readonly string[],
): Promise<void> {
  const { application, alias } = parseTarget(target);
  const { metadata } = await session.client.mutate(SetMetadata, {
    ref: {
      application,
      ...(alias === undefined ? {} : { alias }),
      ...(session.tenant === undefined ? {} : { tenant: session.tenant }),
    },
    set: [...entries],
    remove: [...keys],
  });
  await session.printer.one(metadata, () => `${target}: generation ${metadata?.generation ?? 0}`);
}

async function read(session: Session, target: string): Promise<MetadataFieldsFragment> {
  const { application: name, alias } = parseTarget(target);
  const { application } = await session.client.query(GetMetadata, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  if (alias === undefined) return application.metadata;
  const cluster = application.clusters.find((candidate) => candidate.alias === alias);
  if (cluster !== undefined) return cluster.metadata;
  const known = application.clusters.map((candidate) => candidate.alias).join(', ');
  throw notFound(`application "${name}" has no component "${alias}"; it has ${known === '' ? 'none' : known}`);
}
