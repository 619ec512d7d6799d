/** Lines over one time, drawn once: what has been, with nothing that moves. */
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { formatTicks, formatTimes } from './format.ts';
import { onThemeChange, paletteOf, type Palette } from './palette.ts';
import { stepPaths } from './step-paths.ts';

export interface PlottedLine {
  readonly name: string;
  /** Which of the chart's lines it looks like. */
  readonly tone: 'demand' | 'target' | 'coming' | 'forecast' | 'ready';
  /** Null where nothing is known. */
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

export interface LinePlotOptions {
  readonly host: HTMLElement;
  /** Seconds since 1970, in order. */
  readonly times: readonly number[];
  readonly lines: readonly PlottedLine[];
  /** The pointer is over a row; null: over none. */
  readonly onCursor: (row: number | null) => void;
}

const HEIGHT = 280;
const DASHES: Readonly<Record<PlottedLine['tone'], number[]>> = {
  demand: [],
  target: [10, 4],
  coming: [3, 3],
  forecast: [],
  ready: [],
};

/** It is there until `close`. */
export class LinePlot {
  readonly #options: LinePlotOptions;
  readonly #unlisten: (() => void)[] = [];
  #chart: UPlot;

  constructor(options: LinePlotOptions) {
    this.#options = options;
    this.#chart = this.#make();
    const observer = new ResizeObserver(() => this.#chart.setSize(this.#size()));
    observer.observe(options.host);
    this.#unlisten.push(
      () => observer.disconnect(),
      onThemeChange(() => {
        this.#chart.destroy();
        this.#chart = this.#make();
      }),
    );
  }

  close(): void {
    for (const end of this.#unlisten) end();
    this.#chart.destroy();
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(200, this.#options.host.clientWidth), height: HEIGHT };
  }

  #make(): UPlot {
    const { host, times, lines, onCursor } = this.#options;
    const colours = paletteOf(host);
    const axis = {
      stroke: colours.text,
      grid: { stroke: colours.line, width: 1 },
      ticks: { stroke: colours.line, width: 1 },
    };
    const chart = new UPlot(
      {
        ...this.#size(),
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false, setScale: false } },
        scales: { y: { range: (_chart, _least, most) => [0, most === null || most <= 0 ? 1 : most * 1.1] } },
        axes: [
          { ...axis, space: 76, size: 46, values: (_chart, splits) => formatTimes(splits) },
          { ...axis, values: (_chart, splits) => formatTicks(splits, '') },
        ],
        series: [{}, ...lines.map((line) => seriesOf(line, colours))],
        hooks: { setCursor: [({ cursor: { idx } }) => onCursor(idx ?? null)] },
      },
      [[...times], ...lines.map(({ values }) => [...values])],
      host,
    );
    chart.ctx.canvas.setAttribute('aria-hidden', 'true');
    return chart;
  }
}

function seriesOf({ tone, isFilled = false }: PlottedLine, colours: Palette): UPlot.Series {
  const colour = colours[tone];
  return {
    stroke: colour,
    width: tone === 'demand' ? 1 : 2,
    ...(isFilled ? { fill: colours.line } : {}),
    dash: DASHES[tone],
    ...(isFilled ? { paths: UPlot.paths.stepped!({ align: 1 }) } : { paths: stepPaths }),
    points: { show: false },
    spanGaps: false,
  };
}
