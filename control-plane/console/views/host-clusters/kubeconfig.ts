/**
 * A kubeconfig as it is sent: its one context that is used. Credentials of other clusters stay in the page, as they do with the command
 * line.
 */
import { parseDocument } from 'yaml';

/** What may be shown of it: no credential. */
export type Looked =
  | { readonly kind: 'empty' }
  | { readonly kind: 'faulty'; readonly message: string }
  /** `current` is empty where it names none. */
  | { readonly kind: 'readable'; readonly contexts: readonly string[]; readonly current: string };

/** With this everything is inside. */
const FLATTEN = 'kubectl config view --raw --minify --flatten';

type Fields = Readonly<Record<string, unknown>>;

export function lookAt(text: string): Looked {
  if (text.trim() === '') return { kind: 'empty' };
  const config = parsed(text);
  if (config === null || config.kind !== 'Config')
    return { kind: 'faulty', message: `This is no kubeconfig. "${FLATTEN}" prints one.` };
  const contexts = names(config.contexts);
  if (contexts.length === 0) return { kind: 'faulty', message: 'It has no contexts.' };
  const current = config['current-context'];
  return { kind: 'readable', contexts, current: typeof current === 'string' ? current : '' };
}

export type Minified =
  { readonly kind: 'minified'; readonly text: string } | { readonly kind: 'faulty'; readonly message: string };

/** @param context empty: the current one */
export function minified(text: string, context: string): Minified {
  const config = parsed(text) ?? {};
  const name = context === '' ? config['current-context'] : context;
  const chosen = named(config.contexts, name);
  const parts = fieldsOf(chosen?.context);
  const cluster = named(config.clusters, parts.cluster);
  const user = named(config.users, parts.user);
  if (chosen === undefined || cluster === undefined || user === undefined)
    return { kind: 'faulty', message: `It has no context "${String(name)}" with a cluster and a user.` };
  const files = [...filesOf(cluster.cluster), ...filesOf(user.user)];
  if (files.length > 0) {
    return {
      kind: 'faulty',
      message: `It names files of a machine (${files.join(', ')}), which nobody else has. Paste what "${FLATTEN}" prints: it has them inside.`,
    };
  }
  return {
    kind: 'minified',
    text: JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name, contexts: [chosen] },
      clusters: [cluster],
      users: [user],
    }),
  };
}

/** Null: not to be read. Never throws; says nothing of what is in it. */
function parsed(text: string): Fields | null {
  try {
    const document = parseDocument(text);
    if (document.errors.length > 0) return null;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function named(list: unknown, name: unknown): Fields | undefined {
  return Array.isArray(list) ? list.map(fieldsOf).find((item) => item.name === name && name !== undefined) : undefined;
}

function names(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map(fieldsOf).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

const FILES = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function filesOf(part: unknown): string[] {
  const fields = fieldsOf(part);
  return FILES.filter((field) => typeof fields[field] === 'string' && fields[field] !== '');
}
