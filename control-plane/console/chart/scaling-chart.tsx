/** The scaling chart: what is asked of a service cluster, what is forecast, what there is for it, and what was decided. */
import { useEffect, useId, useRef, useState, useSyncExternalStore, type KeyboardEvent, type ReactNode } from 'react';
import { RefusedNote } from '../components/notes.tsx';
import { useNow } from '../components/time.tsx';
import { Refused } from '../live/refused.ts';
import './chart.css';
import { ChartTable } from './chart-table.tsx';
import type { ChartController, ChartState } from './controller.ts';
import { quantityOf } from './factors.ts';
import { formatStep, readingsOf } from './readout.ts';

export interface ScalingChartProps {
  readonly controller: ChartController;
  /** Names of what can be shown. */
  readonly factors: readonly string[];
  readonly factor: string;
  /** The one that decides now; null: none is known. */
  readonly deciding: string | null;
  readonly onFactor: (factor: string) => void;
}

export function ScalingChart({ controller, factors, factor, deciding, onFactor }: ScalingChartProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [isTable, setTable] = useState(false);
  const keys = useId();
  useEffect(() => controller.attach(host.current!), [controller]);
  const now = useNow();
  useEffect(() => controller.tick(), [controller, now]);
  const { title, unit } = quantityOf(factor);
  return (
    <section className="block scaling-chart" aria-label="Scaling">
      <div className="chart-head">
        <h2>Scaling</h2>
        <label>
          Factor{' '}
          <select value={factor} onChange={({ target }) => onFactor(target.value)}>
            {factors.map((name) => (
              <option key={name} value={name}>
                {quantityOf(name).title}
                {name === deciding ? ' (decides now)' : ''}
              </option>
            ))}
          </select>
        </label>
        <ChartControls controller={controller} />
        <button type="button" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          Show as table
        </button>
      </div>
      <Legend title={title} unit={unit} />
      <div
        ref={host}
        className="chart-host"
        role="application"
        aria-roledescription="chart"
        aria-label={`${title} of the service cluster, its forecast, and the capacity of its instances over time`}
        aria-describedby={keys}
        tabIndex={0}
        onKeyDown={(event) => onKey(event, controller)}
      />
      <p id={keys} className="visually-hidden">
        Arrow keys move the crosshair by a point, with Shift they move the time. Plus and minus zoom, Home goes to the
        beginning, End follows now, Escape takes the crosshair away.
      </p>
      <Readout controller={controller} />
      <ChartStatus controller={controller} />
      {isTable ? <ChartTable controller={controller} /> : null}
    </section>
  );
}

/** A part of the state that is compared by value: the whole changes with each frame while the chart is moved. */
function useChart<Part extends string | number | boolean | null>(
  controller: ChartController,
  part: (state: ChartState) => Part,
): Part {
  return useSyncExternalStore(controller.subscribe, () => part(controller.state));
}

const SPANS = [
  { seconds: 120, name: '2 min' },
  { seconds: 900, name: '15 min' },
  { seconds: 3_600, name: '1 h' },
  { seconds: 6 * 3_600, name: '6 h' },
  { seconds: 86_400, name: '1 d' },
  { seconds: 7 * 86_400, name: '1 week' },
] as const;

function ChartControls({ controller }: { readonly controller: ChartController }): ReactNode {
  const span = useChart(controller, ({ view }) => Math.round(view.to - view.from));
  const follows = useChart(controller, ({ view }) => view.follows);
  return (
    <>
      <div className="chart-buttons" role="group" aria-label="Span of time">
        {SPANS.map(({ seconds, name }) => (
          <button key={name} type="button" aria-pressed={span === seconds} onClick={() => controller.setSpan(seconds)}>
            {name}
          </button>
        ))}
      </div>
      <div className="chart-buttons" role="group" aria-label="Move and zoom">
        <button type="button" aria-label="Earlier" title="Earlier" onClick={() => controller.panByShare(-0.5)}>
          ←
        </button>
        <button type="button" aria-label="Later" title="Later" onClick={() => controller.panByShare(0.5)}>
          →
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => controller.zoomBy(2)}>
          −
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => controller.zoomBy(0.5)}>
          +
        </button>
        <button type="button" aria-pressed={follows} onClick={() => controller.follow()}>
          Follow now
        </button>
      </div>
    </>
  );
}

function Legend({ title, unit }: { readonly title: string; readonly unit: string }): ReactNode {
  return (
    <ul className="plain chart-legend">
      <li className="demand">
        {title}
        {unit === '' ? '' : `,${unit}`}
      </li>
      <li className="forecast">Forecast ± one standard error</li>
      <li className="ready">Carried by ready instances</li>
      <li className="coming">… with those that start</li>
      <li className="target">Target: by those that are wanted</li>
      <li className="decisions">Decision: ▲ more, ▼ fewer, · none</li>
    </ul>
  );
}

function Readout({ controller }: { readonly controller: ChartController }): ReactNode {
  const row = useChart(controller, (state) => state.row);
  const { columns, source } = controller;
  if (row === null || columns === null || source === null || row >= columns.times.length) {
    return (
      <p className="chart-readout quiet">Point at the chart, or go to it and use the arrow keys, to read values.</p>
    );
  }
  const { time, readings } = readingsOf(columns, row, source.factor);
  return (
    <p className="chart-readout" role="status">
      <strong>{time}</strong>
      {readings.length === 0 ? <span> nothing is known</span> : null}
      {readings.map(({ name, value }) => (
        <span key={name}>
          {name} <b>{value}</b>
        </span>
      ))}
    </p>
  );
}

function ChartStatus({ controller }: { readonly controller: ChartController }): ReactNode {
  const loading = useChart(controller, (state) => state.loading.kind);
  const step = useChart(controller, (state) => state.step);
  const isHintWanted = useChart(controller, (state) => state.isHintWanted);
  const { loading: state } = controller.state;
  if (state.kind === 'refused') {
    return <RefusedNote error={Refused.of(state.error)} again={() => controller.retry()} />;
  }
  return (
    <p className="chart-status quiet" role="status">
      {loading === 'loading' ? 'Loading … ' : ''}
      {step === 1 ? 'Each second.' : `Means of ${formatStep(step)}; the thin line: the most in each.`}
      {isHintWanted ? ' To zoom with the wheel, hold Ctrl or click the chart first.' : ''}
    </p>
  );
}

function onKey(event: KeyboardEvent, controller: ChartController): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
  const act = ACTIONS[event.shiftKey ? `Shift+${event.key}` : event.key] ?? ACTIONS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act(controller);
}

const ACTIONS: Readonly<Record<string, (controller: ChartController) => void>> = {
  ArrowLeft: (controller) => controller.moveCursor(-1),
  ArrowRight: (controller) => controller.moveCursor(1),
  'Shift+ArrowLeft': (controller) => controller.panByShare(-0.1),
  'Shift+ArrowRight': (controller) => controller.panByShare(0.1),
  '+': (controller) => controller.zoomBy(0.5),
  '=': (controller) => controller.zoomBy(0.5),
  '-': (controller) => controller.zoomBy(2),
  Home: (controller) => controller.goToEarliest(),
  End: (controller) => controller.follow(),
  Escape: (controller) => controller.clearCursor(),
};
