/** A report as one page that needs nothing else: no script, no font, nothing from elsewhere. */
import { chartOf, rateChartOf } from './chart.ts';
import { durationText } from './duration.ts';
import { escaped } from './escaped.ts';
import type { Chart, Report, ReportTable, TraceReport } from './report.ts';
import { STYLE } from './style.ts';

export function htmlOf({ facts, overall, traces, notes }: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Elasticity</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Elasticity</h1>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
${traces.length > 1 ? contentsOf(traces) : ''}
${traces.length > 1 ? `<section><h2>Over all traces</h2>${overall.map((table) => tableOf(table)).join('\n')}</section>` : ''}
${traces.map((trace, index) => traceOf(trace, index)).join('\n')}
<section class="notes"><h2>Notes</h2><ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul></section>
</main>
</body>
</html>
`;
}

function contentsOf(traces: readonly TraceReport[]): string {
  const links = traces.map(({ name }, index) => `<li><a href="#trace-${index}">${escaped(name)}</a></li>`);
  return `<nav aria-label="Traces"><ul>${links.join('')}</ul></nav>`;
}

function traceOf({ name, seconds, tables, charts }: TraceReport, index: number): string {
  const [first] = charts;
  const defaults = charts.filter(({ table }) => table === 'defaults');
  const equal = charts.filter(({ table }) => table === 'equal-cost');
  const most = axisOf(charts);
  return `<section aria-labelledby="trace-${index}">
<h2 id="trace-${index}">${escaped(name)}</h2>
<p>${durationText(seconds)}. In each chart the line is what is required and the band what is ready, the least and the most of each column; the marks below show the share of its time in which replicas were missing. The axis ends at twice what is required at most.</p>
${first === undefined ? '' : rateChartOf(first.series)}
${defaults.map((chart) => chartOf(chart, most)).join('\n')}
${equal.length === 0 ? '' : `<details><summary>The same at equal cost</summary>${equal.map((chart) => chartOf(chart, most)).join('\n')}</details>`}
${tables.map((table) => tableOf(table)).join('\n')}
</section>`;
}

/** The same for all of a trace: a scaler that overshoots many times over would leave nothing to be seen of the others. */
function axisOf(charts: readonly Chart[]): number {
  const largest = (of: 'ready' | 'required'): number =>
    charts.reduce((top, { series }) => Math.max(top, ...series[of].most), 1);
  return Math.min(largest('ready'), 2 * largest('required'));
}

/** Wide tables scroll by themselves, by keyboard as well. */
function tableOf({ title, head, rows }: ReportTable): string {
  const headings = head.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  const body = rows.map(
    ([first, ...others]) =>
      `<tr><th scope="row">${escaped(first!)}</th>${others.map((text) => `<td>${escaped(text)}</td>`).join('')}</tr>`,
  );
  return `<h3>${escaped(title)}</h3><div class="table" role="region" tabindex="0" aria-label="${escaped(title)}"><table><thead><tr>${headings}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}
