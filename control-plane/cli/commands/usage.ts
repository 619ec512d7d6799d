/** `usage`: what was used, for people and for billing. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { usage as usageError } from '../exit.ts';
import { ListUsage, type UsageFieldsFragment } from '../generated/operations.ts';
import type { Column } from '../output/printer.ts';
import { figure, size } from '../output/text.ts';
import { all } from '../pages.ts';
import type { UsageCommandOptions } from './register-read.ts';

const HOUR_SECONDS = 3600;

const COLUMNS: readonly Column<UsageFieldsFragment>[] = [
  { title: 'HOUR', value: ({ hour }) => hour.slice(0, 16) + 'Z' },
  { title: 'TENANT', value: ({ tenant }) => tenant },
  { title: 'SERVICE CLUSTER', value: ({ applicationName, alias }) => `${applicationName}/${alias}` },
  { title: 'INSTANCE H', value: ({ instanceSeconds }) => figure(instanceSeconds / HOUR_SECONDS) },
  { title: 'CPU S', value: ({ cpuSeconds }) => figure(cpuSeconds) },
  { title: 'MEMORY', value: ({ memoryByteSeconds }) => `${size(memoryByteSeconds / HOUR_SECONDS)} h` },
  { title: 'REQUESTS', value: ({ requests }) => figure(Math.round(requests)) },
  { title: 'IN', value: ({ bytesIn }) => size(bytesIn) },
  { title: 'OUT', value: ({ bytesOut }) => size(bytesOut) },
  { title: 'DOWN S', value: ({ downSeconds }) => figure(downSeconds) },
];

/** Fields of CSV and JSON lines, in this order; names and units are the API's. */
const FIELDS = [
  'hour',
  'tenant',
  'applicationName',
  'alias',
  'clusterUid',
  'instanceSeconds',
  'activeSeconds',
  'cpuSeconds',
  'memoryByteSeconds',
  'requests',
  'bytesIn',
  'bytesOut',
  'upSeconds',
  'downSeconds',
] as const satisfies readonly (keyof UsageFieldsFragment)[];

export async function usage(session: Session, options: UsageCommandOptions): Promise<void> {
  if (options.csv === true && options.jsonLines === true)
    throw usageError('--csv and --json-lines exclude each other: give one of them');
  if ((options.csv === true || options.jsonLines === true) && session.printer.format !== 'table')
    throw usageError('--csv and --json-lines are formats of their own: leave out --output');
  const seconds = parseDuration(options.since, '--since');
  const now = session.io.now();
  const range = { from: new Date(now - seconds * 1000).toISOString(), to: new Date(now).toISOString() };
  const found = await all(async (after) => {
    const variables = { tenant: session.tenant, application: options.application, ...range, after };
    return (await session.client.query(ListUsage, variables)).usage;
  });
  if (options.csv === true) {
    session.printer.text([
      FIELDS.join(','),
      ...found.map((record) => FIELDS.map((field) => cell(record[field])).join(',')),
    ]);
    return;
  }
  if (options.jsonLines === true) {
    const shaped = found.map((record) => Object.fromEntries(FIELDS.map((field) => [field, record[field]])));
    session.printer.text(shaped.map((record) => JSON.stringify(record)));
    return;
  }
  await session.printer.list(found, COLUMNS, `nothing was used in the last ${options.since}`);
}

/** As RFC 4180 wants it. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
