/** `history`: what the demand of a service cluster was. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { notFound } from '../exit.ts';
import { GetHistory, type GetHistoryQuery } from '../generated/operations.ts';
import type { Column } from '../output/printer.ts';
import { figure } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';
import type { HistoryCommandOptions } from './register-read.ts';

/** Rows of a table when nobody says how long one is. */
const ROWS = 20;

type History = NonNullable<GetHistoryQuery['serviceCluster']>['history'];

export async function history(session: Session, target: string, options: HistoryCommandOptions): Promise<void> {
  const seconds = parseDuration(options.since, '--since');
  const step = options.step === undefined ? seconds / ROWS : parseDuration(options.step, '--step');
  const ref = await resolveTarget(session, target);
  const now = session.io.now();
  const { serviceCluster } = await session.client.query(GetHistory, {
    ref,
    from: new Date(now - seconds * 1000).toISOString(),
    to: new Date(now).toISOString(),
    stepSeconds: Math.max(1, Math.ceil(step)),
  });
  if (serviceCluster === null) throw notFound(`${target} is gone`);
  const found = serviceCluster.history;
  if (session.printer.format !== 'table') return session.printer.value(found);
  const points = Array.from({ length: found.points }, (_, index) => index).filter((index) =>
    found.series.some(({ mean }) => typeof mean[index] === 'number'),
  );
  await session.printer.list(points, columnsOf(found), `nothing is known of ${target} in the last ${options.since}`);
}

/** The mean of each series, and behind it the maximum where the step hides one. */
function columnsOf(found: History): Column<number>[] {
  const begin = Date.parse(found.from);
  return [
    {
      title: 'FROM',
      value: (index) => new Date(begin + index * found.stepSeconds * 1000).toISOString().slice(0, 19) + 'Z',
    },
    ...found.series.map(({ name, mean, maximum }) => ({
      title: name.replace('instances.', '').toUpperCase(),
      value: (index: number) => {
        const most = maximum[index] ?? null;
        const isHidden = most !== null && most > (mean[index] ?? 0) * 1.005;
        return `${figure(mean[index] ?? null)}${isHidden ? ` (max ${figure(most)})` : ''}`;
      },
    })),
  ];
}
