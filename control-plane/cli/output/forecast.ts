/** A forecast for people: the plot, and what it says in words. */
import type { Io } from '../io.ts';
import { glyphOf, type Charset, type Layer, type Span } from '../plot/canvas.ts';
import type { ForecastNumbers } from '../plot/forecast-numbers.ts';
import { drawForecast, type PlotSize } from '../plot/forecast-plot.ts';
import { paint, type Colour } from './colour.ts';
import { figure } from './text.ts';

const COLOURS: Readonly<Record<Layer, Colour | undefined>> = {
  observed: undefined,
  forecast: 'cyan',
  interval: 'dim',
  ready: 'green',
  withStarting: 'yellow',
  now: 'dim',
};

const MEANINGS: readonly (readonly [Layer, string])[] = [
  ['observed', 'observed'],
  ['forecast', 'forecast'],
  ['interval', 'its standard error'],
  ['ready', 'ready'],
  ['withStarting', 'with what is starting'],
];

/** At most `size.rows` lines of at most `size.columns` characters. `name`: APPLICATION/ALIAS. */
export function forecastText(io: Io, name: string, numbers: ForecastNumbers, size: PlotSize, charset: Charset): string {
  const words = flowed(sentences(name, numbers, charset), size.columns);
  const legend = flowed(
    MEANINGS.map(([layer, meaning]) => `${glyphOf(layer, charset)} ${meaning}`),
    size.columns,
  );
  const rows = size.rows - words.length - legend.length;
  const plot = drawForecast(numbers, { ...size, rows }, charset).map((spans) => painted(io, spans));
  return (plot.length === 0 ? words : [...words, ...plot, ...legend]).join('\n');
}

function sentences(name: string, numbers: ForecastNumbers, charset: Charset): string[] {
  const { factor, target, forecast, capacity, instances } = numbers;
  const plusMinus = charset === 'unicode' ? '±' : '+-';
  const ahead =
    forecast === null
      ? 'too little is known for a forecast yet'
      : `${figure(forecast.level)} now, ${figure(forecast.predicted)} ${plusMinus} ${figure(forecast.error)} in ${figure(forecast.horizonSeconds)} s`;
  const starting =
    instances.starting === 0 ? '' : `, ${figure(capacity.withStarting)} with ${instances.starting} starting`;
  return [
    `${name}, ${factor} at target ${figure(target)}: ${ahead};`,
    `${counted(instances.active)} ready for ${figure(capacity.ready)}${starting}${shareText(numbers)}`,
  ];
}

function shareText({ forecast, capacity }: ForecastNumbers): string {
  if (forecast === null || capacity.ready <= 0) return '';
  return `; foreseen is ${figure((100 * forecast.predicted) / capacity.ready)} % of what is ready`;
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'instance is' : 'instances are'}`;
}

/** Parts one after another, on as few lines as they find room on; a part that is longer than a line is cut between words. */
function flowed(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + part.length <= columns) {
      lines[lines.length - 1] = `${last}  ${part}`;
      continue;
    }
    let line = '';
    for (const word of part.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > columns) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

function painted(io: Io, spans: readonly Span[]): string {
  return spans
    .map(({ layer, text }) => {
      const colour = layer === null ? undefined : COLOURS[layer];
      return colour === undefined ? text : paint(io, io.stdout, colour, text);
    })
    .join('')
    .trimEnd();
}
