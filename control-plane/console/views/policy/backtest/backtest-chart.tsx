/** The course of a backtest: the instances that were required, and those that there would have been, and were. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { formatFigure, formatMoment } from '../../../chart/format.ts';
import { LinePlot, type PlottedLine } from '../../../chart/line-plot.ts';
import { formatStep } from '../../../chart/readout.ts';
import type { BacktestResult } from './use-backtest.ts';
import './backtest.css';

type Course = BacktestResult['course'];

export function BacktestChart({ course }: { readonly course: Course }): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [row, setRow] = useState<number | null>(null);
  const [isTable, setTable] = useState(false);
  const lines = linesOf(course);
  const begin = Date.parse(course.from) / 1_000;
  const times = Array.from({ length: course.points }, (_, index) => begin + index * course.stepSeconds);
  useEffect(() => {
    const plot = new LinePlot({ host: host.current!, times, lines: linesOf(course), onCursor: setRow });
    return () => plot.close();
  }, [course]);
  const moveTo = (next: number): void => setRow(Math.min(course.points - 1, Math.max(0, next)));
  return (
    <div className="backtest-chart">
      <ul className="plain chart-legend">
        {lines.map(({ name, tone }) => (
          <li key={name} className={tone}>
            {name}
          </li>
        ))}
      </ul>
      <div
        ref={host}
        className="backtest-host"
        role="application"
        aria-roledescription="chart"
        aria-label="Instances over time: required, with this policy, with the one in force, and those that really ran. Arrow keys read the values."
        tabIndex={0}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          moveTo((row ?? course.points) + by);
        }}
      />
      <p className="chart-readout" role="status">
        {row === null || row >= course.points ? (
          <span className="quiet">Means of {formatStep(course.stepSeconds)}. Point at the chart to read values.</span>
        ) : (
          <>
            <strong>{formatMoment(times[row]!)}</strong>
            <Value name="Requests in flight, if none had to wait" value={course.demand[row]} />
            {lines.map(({ name, values }) => (
              <Value key={name} name={name} value={values[row]} />
            ))}
          </>
        )}
      </p>
      <button type="button" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
        Show as table
      </button>
      {isTable ? <CourseTable {...{ course, times, lines }} /> : null}
    </div>
  );
}

function linesOf({ required, proposed, inForce, recorded }: Course): PlottedLine[] {
  return [
    { name: 'Required by the demand', tone: 'demand', values: required, isFilled: true },
    ...(recorded === null ? [] : [{ name: 'What really ran', tone: 'target' as const, values: recorded }]),
    ...(inForce === null ? [] : [{ name: 'With the policy in force', tone: 'coming' as const, values: inForce }]),
    { name: 'With this policy', tone: 'forecast', values: proposed },
  ];
}

function Value({ name, value }: { readonly name: string; readonly value: number | null | undefined }): ReactNode {
  return (
    <span>
      {name} <b>{value === null || value === undefined ? 'not recorded' : formatFigure(value)}</b>
    </span>
  );
}

function CourseTable({
  course,
  times,
  lines,
}: {
  readonly course: Course;
  readonly times: readonly number[];
  readonly lines: readonly PlottedLine[];
}): ReactNode {
  const cell = (value: number | null | undefined): string =>
    value === null || value === undefined ? '' : formatFigure(value);
  return (
    <div className="chart-table-scroll" tabIndex={0} role="region" aria-label="Course of the backtest">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" className="number">
              Requests in flight
            </th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time}>
              <th scope="row">{formatMoment(time)}</th>
              <td className="number">{cell(course.demand[index])}</td>
              {lines.map(({ name, values }) => (
                <td key={name} className="number">
                  {cell(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
