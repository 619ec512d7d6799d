/** The points that the chart shows, as a table. */
import { useState, type ReactNode } from 'react';
import { rowsWithin } from './columns.ts';
import type { ChartController } from './controller.ts';
import { quantityOf } from './factors.ts';
import { formatFigure, formatMoment } from './format.ts';

export function ChartTable({ controller }: { readonly controller: ChartController }): ReactNode {
  // A table that changes each second cannot be read: it stays as it was until somebody wants it anew.
  const [table, setTable] = useState(() => tableOf(controller));
  return (
    <div className="chart-table">
      <p className="actions">
        <span className="quiet">As of {formatMoment(table.at)}.</span>
        <button type="button" onClick={() => setTable(tableOf(controller))}>
          As it is now
        </button>
      </p>
      <div className="chart-table-scroll" tabIndex={0} role="region" aria-label="Points of the chart">
        <table>
          <caption className="visually-hidden">The points that the chart shows, oldest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {table.heads.map((head) => (
                <th key={head} scope="col" className="number">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map(({ time, cells }) => (
              <tr key={time}>
                <th scope="row">{formatMoment(time)}</th>
                {cells.map((cell, index) => (
                  <td key={table.heads[index]} className="number">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface Table {
  /** Seconds since 1970. */
  readonly at: number;
  readonly heads: readonly string[];
  readonly rows: readonly { readonly time: number; readonly cells: readonly string[] }[];
}

function tableOf(controller: ChartController): Table {
  const { columns, source } = controller;
  const { view } = controller.state;
  const at = controller.now();
  if (columns === null || source === null) return { at, heads: [], rows: [] };
  const { title, unit } = quantityOf(source.factor);
  const { lines, instances, times } = columns;
  const shown = [
    { head: title, line: lines.demand, unit },
    ...(columns.step === 1 ? [] : [{ head: 'Most', line: lines.peak, unit }]),
    { head: 'Forecast', line: lines.forecast, unit },
    { head: 'Capacity ready', line: lines.ready, unit },
    { head: 'with starting', line: lines.coming, unit },
    { head: 'Target', line: lines.target, unit },
    { head: 'Ready', line: instances.ready, unit: '' },
    { head: 'Starting', line: instances.starting, unit: '' },
    { head: 'Wanted', line: instances.wanted, unit: '' },
  ];
  const [first, end] = rowsWithin(columns, view.from, view.to);
  const rows = times.slice(first, end).map((time, index) => ({
    time,
    cells: shown.map(({ line, unit: of }) => {
      const value = line[first + index] ?? null;
      return value === null ? '' : `${formatFigure(value)}${of}`;
    }),
  }));
  return { at, heads: shown.map(({ head }) => head), rows };
}
