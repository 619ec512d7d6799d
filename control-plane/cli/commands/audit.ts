/** `audit`: who asked for what, and what became of it. */
import type { Session } from '../client/session.ts';
import { usage } from '../exit.ts';
import { ListAuditRecords, type AuditFieldsFragment, type AuditOutcome } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import type { Column } from '../output/printer.ts';
import { brief } from '../output/text.ts';
import { newest } from '../pages.ts';
import { parseTime } from '../times.ts';
import type { AuditCommandOptions } from './register-read.ts';

const MOST_RECORDS = 100_000;
const OUTCOMES: readonly AuditOutcome[] = ['DONE', 'UNCHANGED', 'REFUSED', 'FAILED'];
const WIDEST_CHANGE = 60;

const COLUMNS: readonly Column<AuditFieldsFragment>[] = [
  { title: 'TIME', value: ({ at }) => `${at.slice(0, 19)}Z` },
  { title: 'TENANT', value: ({ tenant }) => tenant ?? '-' },
  { title: 'ACTOR', value: ({ actor }) => `${actor.name} (${actor.role.toLowerCase()})` },
  { title: 'FROM', value: ({ address }) => address ?? '-' },
  { title: 'MUTATION', value: ({ mutation }) => mutation },
  { title: 'OBJECT', value: ({ object }) => (object === null ? '-' : `${object.kind} ${object.name ?? object.uid}`) },
  { title: 'OUTCOME', value: ({ outcome, code }) => `${outcome.toLowerCase()} ${code ?? ''}`.trim() },
  { title: 'CHANGE', value: (record) => brief(change(record), WIDEST_CHANGE) },
];

export async function audit(session: Session, options: AuditCommandOptions): Promise<void> {
  const limit = parseWhole(options.limit, '--limit', 1, MOST_RECORDS);
  const { actor, object, mutation } = options;
  const from = options.since === undefined ? undefined : parseTime(options.since, '--since', session.io.now());
  const outcome = options.outcome === undefined ? undefined : parseOutcome(options.outcome);
  const which = { tenant: session.tenant, actor, object, mutation, outcome, from };
  const found = await newest(
    limit,
    async (last, before) => (await session.client.query(ListAuditRecords, { ...which, last, before })).auditRecords,
  );
  await session.printer.list(found, COLUMNS, 'nothing was recorded that fits');
}

function parseOutcome(text: string): AuditOutcome {
  const outcome = OUTCOMES.find((candidate) => candidate === text.toUpperCase());
  if (outcome === undefined) throw usage(`--outcome: expected done, unchanged, refused or failed, got "${text}"`);
  return outcome;
}

/** The changed fields, each from what to what; all of them with `-o json` and `-o yaml`. */
function change({ before, after }: AuditFieldsFragment): string {
  if (before === null && after === null) return '-';
  if (before === null) return 'created';
  if (after === null) return 'deleted';
  const [old, next] = [before, after] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  const fields = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  return fields.map((field) => `${field}: ${text(old[field])} → ${text(next[field])}`).join(', ');
}

function text(value: unknown): string {
  return value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);
}
