/** The drawing of the scaling chart: lines on a canvas, and decisions as links over it. */
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { LINE_NAMES, type Columns } from './columns.ts';
import { formatTicks, formatTimes } from './format.ts';
import { MarkerLayer } from './marker-layer.ts';
import type { Marked } from './markers.ts';
import { onThemeChange, paletteOf, type Palette } from './palette.ts';
import { stepPaths } from './step-paths.ts';

export interface PlotOptions {
  readonly host: HTMLElement;
  /** The pointer is over a row; null: over none. */
  readonly onCursor: (row: number | null) => void;
  /** A decision was chosen. */
  readonly onDecision: (uid: string) => void;
}

const FONT = '12px system-ui, sans-serif';
/** The line from a value to its axis, and the gaps at both ends of it, in CSS pixels. */
const TICK = 18;
const NARROW = 480;
const DEMAND = 1 + LINE_NAMES.indexOf('demand');
const PIXELS_OF_A_POINT = 6;

/** It is there until `close`. */
export class Plot {
  readonly #options: PlotOptions;
  readonly #unlisten: (() => void)[] = [];
  readonly #markers: MarkerLayer;
  #chart: UPlot;
  #palette: Palette;
  #view = { from: 0, to: 1 };
  #now = 0;
  #unit = '';

  constructor(options: PlotOptions) {
    this.#options = options;
    this.#palette = paletteOf(options.host);
    this.#markers = new MarkerLayer(options.onDecision);
    this.#chart = this.#make([[], ...LINE_NAMES.map(() => [])]);
    this.#unlisten.push(onThemeChange(() => this.#restyle()));
    const observer = new ResizeObserver(() => this.#chart.setSize(this.#size()));
    observer.observe(options.host);
    this.#unlisten.push(() => observer.disconnect());
  }

  /** Pixels that the view is wide. */
  get width(): number {
    return this.#chart.over.clientWidth;
  }

  /** @param fresh what is to be drawn, if it is not what was; `unit` with its space, `now` in seconds since 1970 */
  draw(
    view: { readonly from: number; readonly to: number },
    fresh: { readonly columns: Columns; readonly unit: string; readonly now: number } | null,
  ): void {
    this.#view = view;
    this.#chart.batch(() => {
      if (fresh !== null) {
        const { times, lines } = fresh.columns;
        this.#unit = fresh.unit;
        this.#now = fresh.now;
        this.#chart.setData([times, ...LINE_NAMES.map((name) => lines[name])], false);
      }
      this.#chart.series[DEMAND]!.width = this.#isDense(view) ? 1 : 2;
      this.#chart.setScale('x', { min: view.from, max: view.to });
    });
    this.#markers.layOut(view, this.width);
  }

  /** @param decisions oldest first */
  setDecisions(decisions: readonly Marked[]): void {
    this.#markers.decisions = decisions;
    this.#markers.layOut(this.#view, this.width);
  }

  /** Puts the crosshair on a time; null: takes it away. */
  setCursor(at: number | null): void {
    if (at === null) return this.#chart.setCursor({ left: -10, top: -10 }, false);
    this.#chart.setCursor({ left: this.#chart.valToPos(at, 'x'), top: 0 }, false);
  }

  /** The time under a place of the page. @param clientX as of a pointer */
  timeAt(clientX: number): number {
    const { left, width } = this.#chart.over.getBoundingClientRect();
    const share = width === 0 ? 0 : (clientX - left) / width;
    return this.#view.from + share * (this.#view.to - this.#view.from);
  }

  close(): void {
    for (const end of this.#unlisten) end();
    this.#chart.destroy();
  }

  /** More points than pixels: a thin line shows more of them, and is drawn in a fraction of the time. */
  #isDense(view: { readonly from: number; readonly to: number }): boolean {
    const times = this.#chart.data[0];
    const gap = times.length < 2 ? Infinity : times[1]! - times[0]!;
    return (view.to - view.from) / gap > 1.2 * this.width;
  }

  #size(): { width: number; height: number } {
    const { clientWidth: width } = this.#options.host;
    return { width: Math.max(200, width), height: width < NARROW ? 240 : 320 };
  }

  #make(data: UPlot.AlignedData): UPlot {
    const chart = new UPlot(this.#chartOptions(), data, this.#options.host);
    chart.over.append(this.#markers.element);
    // The page has its own words for what is drawn.
    chart.ctx.canvas.setAttribute('aria-hidden', 'true');
    return chart;
  }

  /** Colours are given once: with another theme the chart is made again, with what it shows. */
  #restyle(): void {
    const { data } = this.#chart;
    this.#palette = paletteOf(this.#options.host);
    const before = this.#chart;
    this.#chart = this.#make(data);
    before.destroy();
    this.draw(this.#view, null);
  }

  #chartOptions(): UPlot.Options {
    const colours = this.#palette;
    return {
      ...this.#size(),
      legend: { show: false },
      padding: [12, 12, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { size: 7 },
      },
      scales: {
        x: { time: true, auto: false, range: () => [this.#view.from, this.#view.to] },
        y: { range: (_chart, _least, most) => [0, most === null || most <= 0 ? 1 : most * 1.12] },
      },
      axes: [this.#timeAxis(), this.#valueAxis()],
      series: [{}, ...LINE_NAMES.map((name) => seriesOf(name, colours))],
      bands: [{ series: [8, 7], fill: colours.interval }],
      hooks: {
        draw: [(chart) => this.#drawNow(chart)],
        setCursor: [(chart) => this.#options.onCursor(chart.cursor.idx ?? null)],
        setSize: [() => this.#markers.layOut(this.#view, this.width)],
      },
    };
  }

  #timeAxis(): UPlot.Axis {
    return {
      ...this.#axis(),
      space: 76,
      size: 46,
      values: (_chart, splits) => formatTimes(splits),
    };
  }

  #valueAxis(): UPlot.Axis {
    return {
      ...this.#axis(),
      values: (_chart, splits) => formatTicks(splits, this.#unit),
      size: (chart, values) => TICK + widest(chart.ctx, values ?? []),
    };
  }

  #axis(): UPlot.Axis {
    const { text, line } = this.#palette;
    return { stroke: text, font: FONT, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  }

  #drawNow(chart: UPlot): void {
    if (this.#now < this.#view.from || this.#now > this.#view.to) return;
    const { ctx, bbox } = chart;
    const x = Math.round(chart.valToPos(this.#now, 'x', true));
    ctx.save();
    ctx.strokeStyle = this.#palette.strong;
    ctx.fillStyle = this.#palette.text;
    ctx.lineWidth = UPlot.pxRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${12 * UPlot.pxRatio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'top';
    ctx.fillText('now', x - 4 * UPlot.pxRatio, bbox.top);
    ctx.restore();
  }
}

/** Of what stands at an axis, in CSS pixels and as wide as the reader's font makes it. */
function widest(ctx: CanvasRenderingContext2D, values: readonly string[]): number {
  ctx.save();
  ctx.font = FONT;
  const width = Math.max(ctx.measureText('000').width, ...values.map((value) => ctx.measureText(value).width));
  ctx.restore();
  return Math.ceil(width);
}

/** Told apart by line and by lightness, not by colour alone. */
function seriesOf(name: (typeof LINE_NAMES)[number], colours: Palette): UPlot.Series {
  const common = { spanGaps: false, points: { show: false } };
  const stepped = stepPaths;
  switch (name) {
    case 'demand':
      return { ...common, stroke: colours.demand, width: 2, points: { show: isSparse, size: 4 } };
    case 'peak':
      return { ...common, stroke: colours.strong, width: 1 };
    case 'ready':
      return { ...common, stroke: colours.ready, width: 2, paths: stepped };
    case 'coming':
      return { ...common, stroke: colours.coming, width: 1.5, dash: [3, 3], paths: stepped };
    case 'target':
      return { ...common, stroke: colours.target, width: 1.5, dash: [10, 4], paths: stepped };
    case 'forecast':
      return { ...common, stroke: colours.forecast, width: 2, dash: [6, 3] };
    case 'low':
    case 'high':
      return { ...common, stroke: colours.forecast, width: 0.5 };
  }
}

/** Single values are seen where there is room for them; between two gaps they would be no line. */
function isSparse({ over }: UPlot, _series: number, from: number, to: number): boolean {
  return over.clientWidth >= PIXELS_OF_A_POINT * (to - from);
}
