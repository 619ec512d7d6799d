/** A page with the drawing alone, over more points than any screen shows, which a test pans. */
import '../../style/base.css';
import '../chart.css';
import type { Columns, Line } from '../columns.ts';
import { Plot } from '../plot.ts';

const POINTS = 10_000;
const STEP_SECONDS = 60;
const BEGIN = 1_800_000_000;
const SPAN = POINTS * STEP_SECONDS;
const DECISIONS = 500;

const wave = (index: number): number => 50 + 40 * Math.sin(index / 300) + 10 * Math.sin(index * 12.9898);
const line = (value: (index: number) => number | null): Line =>
  Array.from({ length: POINTS }, (_, index) => value(index));
/** Changes every twenty points: the autoscaler regrets for some minutes before it takes something back. */
const needed = (index: number): number => Math.ceil(wave(index - (index % 20)) / 10) * 12;

const columns: Columns = {
  step: STEP_SECONDS,
  times: Array.from({ length: POINTS }, (_, index) => BEGIN + index * STEP_SECONDS),
  past: POINTS,
  lines: {
    demand: line((index) => (index % 997 === 0 ? null : wave(index))),
    peak: line((index) => wave(index) + 5),
    ready: line(needed),
    coming: line((index) => needed(index) + (index % 50 < 3 ? 12 : 0)),
    target: line(needed),
    forecast: line(() => null),
    low: line(() => null),
    high: line(() => null),
  },
  instances: { ready: [], starting: [], wanted: [] },
};

const plot = new Plot({
  host: document.getElementById('chart')!,
  onCursor: () => undefined,
  onDecision: () => undefined,
});
plot.setDecisions(
  Array.from({ length: DECISIONS }, (_, index) => ({
    ...{ uid: `d${index}`, at: BEGIN + (index * SPAN) / DECISIONS, acted: index % 3 === 0 },
    ...{ from: 1, to: 2, sentence: 'web: 1 → 2 instances, because it is so.' },
  })),
);
plot.draw({ from: BEGIN, to: BEGIN + SPAN }, { columns, unit: '', now: BEGIN + SPAN });

/** Shows the whole a little further on, and waits until that is drawn. @param frame from 0 */
async function pan(frame: number): Promise<void> {
  const from = BEGIN + (frame % 100) * 0.001 * SPAN;
  await new Promise((resolve) => requestAnimationFrame(resolve));
  plot.draw({ from, to: from + SPAN }, null);
  await new Promise((resolve) => requestAnimationFrame(resolve));
}

Object.assign(window, { pan });
