/** `forecast`: the demand of a service cluster up to now, what is foreseen, and what its instances carry. */
import { latest } from '../client/latest.ts';
import { followSubscription, type Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { notFound } from '../exit.ts';
import {
  FollowForecast,
  GetForecast,
  GetHistory,
  type ForecastLiveFieldsFragment,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { forecastText } from '../output/forecast.ts';
import { liveText } from '../output/live.ts';
import {
  forecastNumbers,
  tightestFactor,
  type ForecastNumbers,
  type KnownFactor,
  type KnownHistory,
} from '../plot/forecast-numbers.ts';
import type { PlotSize } from '../plot/forecast-plot.ts';
import { joined } from '../plot/known-history.ts';
import { resolveTarget } from '../targets.ts';
import { drawsUnicode, roomOf } from '../terminal/room.ts';
import type { ForecastCommandOptions } from './register-live.ts';

/** Shown of the past at least, and as many times the horizon, unless somebody says otherwise. */
const LEAST_PAST_SECONDS = 120;
const PAST_HORIZONS = 4;
/** The newest seconds of a history still change. */
const UNSETTLED_MILLISECONDS = 10_000;
const REDRAW_MILLISECONDS = 1000;
/** A plot is not taller than this unless somebody says so. */
const USUAL_ROWS = 24;
const MOST_CHARACTERS = 1000;

export async function forecast(session: Session, target: string, options: ForecastCommandOptions): Promise<void> {
  const { io, printer } = session;
  const since = options.since === undefined ? undefined : parseDuration(options.since, '--since');
  const size = sizeFrom(session, options);
  const ref = await resolveTarget(session, target);
  const name = `${ref.application}/${ref.alias}`;
  const charset = drawsUnicode(io.env) && options.ascii !== true ? 'unicode' : 'ascii';
  const text = (numbers: ForecastNumbers): string => forecastText(io, name, numbers, size(), charset);
  const known = new Known(session, ref, since);

  if (options.watch !== true) {
    const { serviceCluster } = await session.client.query(GetForecast, { ref });
    if (serviceCluster === null) throw notFound(`${name} is gone`);
    const numbers = await known.numbers(serviceCluster.live, options.factor);
    return printer.one(numbers, () => text(numbers));
  }
  const live = await liveText(io.stdout);
  const feed = latest((signal) => followSubscription(session, FollowForecast, () => ({ ref }), { signal }), {
    pauseMilliseconds: REDRAW_MILLISECONDS,
    signal: io.interrupted,
  });
  try {
    for await (const { serviceCluster } of feed) {
      const numbers = await known.numbers(serviceCluster.live, options.factor);
      if (printer.format === 'table') live.show(text(numbers));
      else await printer.item(numbers, () => '');
    }
  } finally {
    live.end();
  }
}

/** The numbers of one service cluster; of its history only what is new is asked for again. */
class Known {
  readonly #session: Session;
  readonly #ref: ServiceClusterRef;
  readonly #since: number | undefined;
  #history: KnownHistory | undefined;

  constructor(session: Session, ref: ServiceClusterRef, since: number | undefined) {
    this.#session = session;
    this.#ref = ref;
    this.#since = since;
  }

  /** Throws `CliError` where there is no such factor. */
  async numbers(live: ForecastLiveFieldsFragment, named: string | undefined): Promise<ForecastNumbers> {
    const factor = this.#factor(live, named);
    const horizon = factor.forecast?.horizonSeconds ?? 0;
    const seconds = this.#since ?? Math.max(LEAST_PAST_SECONDS, Math.ceil(PAST_HORIZONS * horizon));
    const now = Date.parse(live.at);
    const begin = now - seconds * 1000;
    const before = this.#history;
    const isKnown = before !== undefined && Date.parse(before.from) <= begin + 1000 * before.stepSeconds;
    const from = isKnown ? Math.max(begin, knownUntil(before) - UNSETTLED_MILLISECONDS) : begin;
    const asked = await this.#ask(from, now, before?.stepSeconds ?? 1);
    this.#history = isKnown ? joined(before, asked, begin) : asked;
    return forecastNumbers(factor, live, this.#history);
  }

  #factor({ factors }: ForecastLiveFieldsFragment, named: string | undefined): KnownFactor {
    const { application, alias } = this.#ref;
    const chosen = named === undefined ? tightestFactor(factors) : factors.find(({ name }) => name === named);
    if (chosen !== undefined) return chosen;
    const there = factors.map(({ name }) => name).join(', ') || 'none';
    throw notFound(`${application}/${alias} is not scaled by ${named ?? 'any factor'}; its factors: ${there}`);
  }

  async #ask(from: number, to: number, stepSeconds: number): Promise<KnownHistory> {
    const { serviceCluster } = await this.#session.client.query(GetHistory, {
      ref: this.#ref,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      stepSeconds,
    });
    if (serviceCluster === null) throw notFound(`${this.#ref.application}/${this.#ref.alias} is gone`);
    return serviceCluster.history;
  }
}

function knownUntil({ from, points, stepSeconds }: KnownHistory): number {
  return Date.parse(from) + points * stepSeconds * 1000;
}

/** What was asked for, and what is left of the terminal as it is now. */
function sizeFrom({ io }: Session, { width, height }: ForecastCommandOptions): () => PlotSize {
  const asked = {
    columns: width === undefined ? undefined : parseWhole(width, '--width', 1, MOST_CHARACTERS),
    rows: height === undefined ? undefined : parseWhole(height, '--height', 1, MOST_CHARACTERS),
  };
  return () => {
    const { columns, rows } = roomOf(io, io.stdout);
    return { columns: asked.columns ?? columns, rows: asked.rows ?? Math.min(rows - 1, USUAL_ROWS) };
  };
}
