/**
 * What an agent and the load balancer beside it say to each other: the published contract for any balancer.
 *
 * A Unix stream socket whose path is in `CARTWRIGHT_SOCKET`; one JSON object a line (at most 1 MiB), UTF-8. The agent
 * listens, the balancer connects (and connects again when the agent was restarted). After `hello` the agent sends every
 * topology it knows and, if it knows them all, their `aliases`; then each change. The balancer answers each with `applied` once new requests go by it, and reports
 * `demand` every second. The last topologies are kept by the agent on disk, so a balancer starts with them when broker and
 * control plane are gone.
 */
import * as z from 'zod';
import { heldCertificates, type HeldCertificate } from '../agent/certificates.ts';
import { MAX_TARGETS, targetDemand } from '../mqtt/demand.ts';
import { byId, generation, id, nonNegative } from '../mqtt/payload.ts';
import { freeText } from '../mqtt/text.ts';
import { MAX_ALIASES, parseTopology, type TopologyDocument } from '../mqtt/topology.ts';

export const MAX_LINE_BYTES = 1024 * 1024;

const fromBalancer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), v: z.literal(1), program: freeText(100) }),
  z.object({ type: z.literal('applied'), alias: id, uid: id, epoch: generation, generation }),
  z.object({ type: z.literal('demand'), uptimeSeconds: nonNegative, targets: byId(targetDemand, MAX_TARGETS) }),
]);
export type FromBalancer = z.infer<typeof fromBalancer>;

/**
 * `removed`: the alias is gone, forget its routes. `aliases`: these are all there are, forget every other; what was removed while
 * nobody could say so ends with it. `certificates`: these are all there are, for new connections. `drain`: the balancer itself is about to be stopped: finish, accept no new connection.
 *
 * A balancer goes on past a message that it does not know.
 */
export type ToBalancer =
  | { readonly type: 'topology'; readonly alias: string; readonly document: TopologyDocument }
  | { readonly type: 'removed'; readonly alias: string }
  | { readonly type: 'aliases'; readonly aliases: readonly string[] }
  | { readonly type: 'certificates'; readonly certificates: readonly HeldCertificate[] }
  | { readonly type: 'drain' };

export type ParsedLine<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function parseFromBalancer(line: string): ParsedLine<FromBalancer> {
  const result = fromBalancer.safeParse(parseJson(line));
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, detail: result.error.issues[0]?.message ?? 'invalid' };
}

export function parseToBalancer(line: string): ParsedLine<ToBalancer> {
  const value = parseJson(line) as
    Partial<Record<'type' | 'alias' | 'aliases' | 'document' | 'certificates', unknown>> | undefined;
  if (value?.type === 'drain') return { ok: true, value: { type: 'drain' } };
  if (value?.type === 'aliases') return parseAliases(value.aliases);
  if (value?.type === 'certificates') return parseCertificates(value.certificates);
  const alias = id.safeParse(value?.alias);
  if (!alias.success) return { ok: false, detail: 'alias: expected an id' };
  if (value?.type === 'removed') return { ok: true, value: { type: 'removed', alias: alias.data } };
  if (value?.type !== 'topology')
    return { ok: false, detail: 'type: expected topology, removed, aliases, certificates or drain' };
  const document = parseTopology(Buffer.from(JSON.stringify(value.document ?? null)));
  return document.ok
    ? { ok: true, value: { type: 'topology', alias: alias.data, document: document.value } }
    : { ok: false, detail: document.detail };
}

function parseAliases(value: unknown): ParsedLine<ToBalancer> {
  const all = z.array(id).max(MAX_ALIASES).safeParse(value);
  if (!all.success) return { ok: false, detail: `aliases: expected at most ${MAX_ALIASES} ids` };
  return { ok: true, value: { type: 'aliases', aliases: all.data } };
}

function parseCertificates(value: unknown): ParsedLine<ToBalancer> {
  const all = heldCertificates.safeParse(value);
  // Without the checker's message: nothing of a key may come into a log.
  if (!all.success) return { ok: false, detail: 'certificates: not understood' };
  return { ok: true, value: { type: 'certificates', certificates: all.data } };
}

export function encodeLine(message: FromBalancer | ToBalancer): string {
  return `${JSON.stringify(message)}\n`;
}
