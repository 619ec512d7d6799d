/** Draws the numbers of a forecast: what was up to now, what is foreseen behind it, and what the instances carry. Pure. */
import { figure } from '../output/text.ts';
import { ticksUpTo } from './axis.ts';
import { Canvas, type Charset, type Span } from './canvas.ts';
import type { ForecastNumbers } from './forecast-numbers.ts';

export interface PlotSize {
  /** Of the whole, with its axes. */
  readonly columns: number;
  readonly rows: number;
}

/** Less than this shows nothing; there is no plot then. */
export const LEAST_SIZE: PlotSize = { columns: 30, rows: 6 };
const ROWS_A_TICK = 3;
/** Of the plot above what is largest in it. */
const HEADROOM = 1.05;
const AXIS: Readonly<Record<Charset, Readonly<Record<'side' | 'tick' | 'corner' | 'floor', string>>>> = {
  unicode: { side: '│', tick: '┤', corner: '└', floor: '─' },
  ascii: { side: '|', tick: '+', corner: '+', floor: '-' },
};

/** The lines of the plot; none where there is no room for it. */
export function drawForecast(numbers: ForecastNumbers, size: PlotSize, charset: Charset): Span[][] {
  if (size.columns < LEAST_SIZE.columns || size.rows < LEAST_SIZE.rows) return [];
  const rows = size.rows - 2;
  const top = largestOf(numbers) * HEADROOM || 1;
  const ticks = ticksUpTo(top, Math.floor(rows / ROWS_A_TICK));
  const labelWidth = Math.max(...ticks.map((tick) => figure(tick).length));
  const canvas = new Canvas({ columns: size.columns - labelWidth - 2, rows }, charset);
  const place = placing(numbers, canvas, top);
  drawCapacity(numbers, canvas, place);
  drawAhead(numbers, canvas, place);
  for (let row = 0; row < rows; row += 1) canvas.mark(place.nowColumn, row, 'now');
  drawObserved(numbers, canvas, place);
  const axis = AXIS[charset];
  const labels = new Map(ticks.map((tick) => [place.row(tick), figure(tick)]));
  const body = canvas.lines().map((spans, row): Span[] => {
    const label = labels.get(row);
    const side = `${(label ?? '').padStart(labelWidth)} ${label === undefined ? axis.side : axis.tick}`;
    return [{ layer: null, text: side }, ...spans];
  });
  const indent = ' '.repeat(labelWidth + 1);
  return [
    ...body,
    [{ layer: null, text: `${indent}${axis.corner}${axis.floor.repeat(canvas.columns)}` }],
    [{ layer: null, text: `${indent} ${timeLabels(place, canvas.columns)}`.trimEnd() }],
  ];
}

/** Where times (seconds from now) and values lie. */
interface Place {
  readonly begin: number;
  readonly end: number;
  readonly nowColumn: number;
  readonly column: (seconds: number) => number;
  readonly row: (value: number) => number;
  /** In dots. */
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
  /** Seconds from now of the middle of a step of what was observed. */
  readonly at: (index: number) => number;
}

function placing({ at, observed, forecast }: ForecastNumbers, canvas: Canvas, top: number): Place {
  const { columns, rows, dotsAcross, dotsDown } = canvas;
  const first = (Date.parse(observed.from) - Date.parse(at)) / 1000;
  const begin = Math.min(first, -1);
  const end = forecast?.horizonSeconds ?? 0;
  const share = (seconds: number): number => (seconds - begin) / (end - begin);
  const y = (value: number): number => Math.round((1 - Math.min(value, top) / top) * (rows * dotsDown - 1));
  const x = (seconds: number): number => Math.round(share(seconds) * (columns * dotsAcross - 1));
  const column = (seconds: number): number => Math.floor(x(seconds) / dotsAcross);
  return {
    begin,
    end,
    nowColumn: column(0),
    column,
    row: (value) => Math.floor(y(value) / dotsDown),
    x,
    y,
    at: (index) => Math.min(0, first + (index + 0.5) * observed.stepSeconds),
  };
}

function largestOf({ observed, capacity, forecast }: ForecastNumbers): number {
  const all = [observed.demand, observed.ready, observed.withStarting].flat();
  const ahead = forecast?.path.map(({ high }) => high) ?? [];
  return Math.max(capacity.withStarting, ...ahead, ...all.map((value) => value ?? 0));
}

function drawObserved({ observed }: ForecastNumbers, canvas: Canvas, place: Place): void {
  let before: readonly [number, number] | undefined;
  for (const [index, value] of observed.demand.entries()) {
    const dot = value === null ? undefined : ([place.x(place.at(index)), place.y(value)] as const);
    if (dot !== undefined) canvas.line(before ?? dot, dot, 'observed');
    before = dot;
  }
}

function drawAhead({ forecast }: ForecastNumbers, canvas: Canvas, place: Place): void {
  if (forecast === null) return;
  let before: readonly [number, number] | undefined;
  for (const { seconds, demand, low, high } of forecast.path) {
    const column = place.column(seconds);
    if (high > low)
      for (let row = place.row(high); row <= place.row(low); row += 1) canvas.mark(column, row, 'interval');
    const dot = [place.x(seconds), place.y(demand)] as const;
    canvas.line(before ?? dot, dot, 'forecast');
    before = dot;
  }
}

/** What the instances of then carried, and behind now what those of now do. */
function drawCapacity({ observed, capacity, instances }: ForecastNumbers, canvas: Canvas, place: Place): void {
  const put = (column: number, ready: number, withStarting: number): void => {
    canvas.mark(column, place.row(ready), 'ready');
    if (withStarting > ready) canvas.mark(column, place.row(withStarting), 'withStarting');
  };
  // Of a column that several steps fall into, the last one counts.
  const then = new Map<number, readonly [number, number]>();
  for (const [index, ready] of observed.ready.entries()) {
    if (ready !== null) then.set(place.column(place.at(index)), [ready, observed.withStarting[index] ?? ready]);
  }
  let known: readonly [number, number] | undefined;
  for (let column = 0; column < canvas.columns; column += 1) {
    if (column > place.nowColumn) known = [capacity.ready, instances.starting > 0 ? capacity.withStarting : 0];
    else known = then.get(column) ?? known;
    if (known !== undefined) put(column, known[0], known[1]);
  }
}

/** `-2 min` at the left, `now` under its line, the horizon at the right, as far as they find room. */
function timeLabels({ begin, end, nowColumn }: Place, columns: number): string {
  const line = Array.from({ length: columns }, () => ' ');
  const write = (text: string, start: number): void => {
    const from = Math.max(0, Math.min(start, columns - text.length));
    const isFree = line.slice(Math.max(0, from - 1), from + text.length + 1).every((character) => character === ' ');
    if (isFree) line.splice(from, text.length, ...text);
  };
  write('now', nowColumn - 1);
  if (end > 0) write(`+${lengthText(end)}`, columns);
  write(`-${lengthText(-begin)}`, 0);
  return line.join('');
}

function lengthText(seconds: number): string {
  return seconds >= 120 ? `${figure(seconds / 60)} min` : `${figure(seconds)} s`;
}
