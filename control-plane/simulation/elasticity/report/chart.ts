/**
 * Charts as inline SVG. The drawing alone is stretched to the width that there is; all text stands beside it as HTML, so that it has the size of
 * text on a phone as well. What a chart shows is said in words, too.
 */
import { ticksOf } from './duration.ts';
import { escaped } from './escaped.ts';
import type { Chart } from './report.ts';
import type { Extent, Series } from './series.ts';

/** Of the drawing, in its own units. */
const HEIGHT = 100;
const SHORT_HEIGHT = 10;
const MOST_TICKS = 7;

export function rateChartOf(series: Series): string {
  const most = largest(series.rate);
  const body = `<path class="band rate" d="${band(series.rate, most)}"/>`;
  return figure('load', 'Load, requests per second', most, series, body, `Up to ${shown(most)} requests per second.`);
}

/** @param most upper end of the axis, the same for all charts of a trace */
export function chartOf({ scaler, table, series }: Chart, most: number): string {
  const body = `<path class="band ready" d="${band(series.ready, most)}"/><path class="required" d="${outline(series.required, most)}"/>${shortMarks(series)}`;
  const name = `${scaler}${table === 'defaults' ? '' : ', at equal cost'}`;
  const short = series.shortShare.reduce((sum, share) => sum + share, 0) / series.shortShare.length;
  const words = `Up to ${largest(series.ready)} replicas ready, up to ${largest(series.required)} required; fewer than required in ${(100 * short).toFixed(2)} % of the time.`;
  return figure(scaler, `${name}, replicas`, most, series, body, words);
}

function figure(kind: string, title: string, most: number, series: Series, body: string, words: string): string {
  const columns = series.rate.least.length;
  const ticks = ticksOf(series.seconds, MOST_TICKS);
  const grid = ticks.map(({ at }) => `M${fixed((at / series.seconds) * columns)} 0V${HEIGHT}`).join('');
  const labels = ticks.map(
    ({ at, text }) => `<span style="left:${fixed((100 * at) / series.seconds)}%">${escaped(text)}</span>`,
  );
  return `<figure class="chart ${kind}"><figcaption>${escaped(title)} <span class="words">${escaped(words)}</span></figcaption><div class="plot"><div class="axis" aria-hidden="true"><span>${shown(most)}</span><span>0</span></div><svg role="img" aria-label="${escaped(`${title}. ${words}`)}" viewBox="0 0 ${columns} ${HEIGHT + SHORT_HEIGHT}" preserveAspectRatio="none"><path class="grid" d="${grid}M0 ${HEIGHT / 2}H${columns}M0 0H${columns}M0 ${HEIGHT}H${columns}"/>${body}</svg></div><div class="times" aria-hidden="true">${labels.join('')}</div></figure>`;
}

/** A step for each column; what does not change is not written. */
function steps(values: Float64Array, most: number, isBackward: boolean): string {
  const columns = values.length;
  let path = '';
  let last = Number.NaN;
  let pending = '';
  for (let step = 0; step < columns; step += 1) {
    const column = isBackward ? columns - 1 - step : step;
    const y = yOf(values[column]!, most);
    if (y !== last) path += `${pending}V${y}`;
    last = y;
    pending = `H${isBackward ? column : column + 1}`;
  }
  return path + pending;
}

/** Between the least and the most of each column. */
function band({ least, most: top }: Extent, most: number): string {
  return `M0 ${yOf(top[0]!, most)}${steps(top, most, false)}${steps(least, most, true)}Z`;
}

/** Both edges, without a line down to the axis. */
function outline({ least, most: top }: Extent, most: number): string {
  const line = (values: Float64Array): string => `M0 ${yOf(values[0]!, most)}${steps(values, most, false)}`;
  return `${line(top)}${line(least)}`;
}

function shortMarks({ shortShare }: Series): string {
  let path = '';
  for (const [column, share] of shortShare.entries())
    if (share > 0)
      path += `M${column + 0.5} ${HEIGHT + SHORT_HEIGHT}V${fixed(HEIGHT + SHORT_HEIGHT - Math.max(2, share * SHORT_HEIGHT))}`;
  return path === '' ? '' : `<path class="short" d="${path}"/>`;
}

function largest({ most }: Extent): number {
  return most.reduce((top, value) => Math.max(top, value), 0);
}

/** What is beyond the axis stays at its end. */
function yOf(value: number, most: number): number {
  return Math.round(Math.max(0, HEIGHT - (value / most) * HEIGHT) * 10) / 10;
}

function shown(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
