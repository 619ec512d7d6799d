/** The scaling chart at work: what is looked at, what is known of it, and the drawing that follows both. */
import { columnsOf, nearestRow, type Columns } from './columns.ts';
import { quantityOf } from './factors.ts';
import { forecastPath, type Forecast } from './forecast.ts';
import { listen } from './gestures.ts';
import { HistoryLoader, type LoaderOptions, type LoaderState } from './history-loader.ts';
import { HistoryStore, type LiveSample } from './history-store.ts';
import type { Interval } from './intervals.ts';
import type { Marked } from './markers.ts';
import { Plot } from './plot.ts';
import { LONGEST_SPAN, stepFor } from './steps.ts';
import { carriedOn, following, ofSpan, panned, showing, zoomed, type Bounds, type View } from './view.ts';

/** What of a service cluster is drawn, as it is now. */
export interface Source {
  /** Name of a series of the history. */
  readonly factor: string;
  /** What an instance carries, in the factor's unit; null: no factor of its policy. */
  readonly target: number | null;
  /** What of an instance's value does not divide, in the factor's unit. */
  readonly base: number;
  readonly forecast: Forecast | null;
  readonly active: number;
  readonly starting: number;
  readonly wanted: number;
  readonly horizonSeconds: number;
  /** When the service cluster was made, in seconds since 1970: nothing is before. */
  readonly earliest: number;
}

/** What the page shows around the drawing. */
export interface ChartState {
  readonly view: View;
  readonly loading: LoaderState;
  /** Seconds of a step of what is drawn. */
  readonly step: number;
  /** Where the crosshair is; null: nowhere. */
  readonly row: number | null;
  /** The wheel was turned over it: say how it is zoomed. */
  readonly isHintWanted: boolean;
}

export interface ControllerOptions extends Pick<LoaderOptions, 'ask'> {
  readonly onDecision: (uid: string) => void;
}

const FIRST_SPAN = 15 * 60;
/** So many points a pixel tell what is between them too. */
const POINTS_A_PIXEL = 2;
const LEAST_POINTS = 1_000;

export class ChartController {
  readonly #options: ControllerOptions;
  readonly #store = new HistoryStore();
  readonly #loader: HistoryLoader;
  readonly #listeners = new Set<() => void>();
  #plot: Plot | null = null;
  #source: Source | null = null;
  #columns: Columns | null = null;
  /** What the columns were made for. */
  #built = { from: 0, to: 0 };
  #decisions: readonly Marked[] = [];
  #state: ChartState;
  /** Seconds that the control plane's clock is ahead of this page's own. */
  #ahead = Date.now() / 1_000 - performance.now() / 1_000;
  #frame = 0;
  #isStale = false;
  /** Where the keyboard has put the crosshair. */
  #keyedAt: number | null = null;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#loader = new HistoryLoader({
      store: this.#store,
      ask: options.ask,
      now: () => this.now(),
      onLoaded: () => this.#refreshSoon(true),
      onState: (loading) => {
        if (loading.kind !== this.#state.loading.kind) this.#become({ loading });
      },
    });
    const view = following(FIRST_SPAN, this.#bounds());
    this.#state = { view, loading: { kind: 'idle' }, step: 1, row: null, isHintWanted: false };
  }

  get state(): ChartState {
    return this.#state;
  }

  get columns(): Columns | null {
    return this.#columns;
  }

  get source(): Source | null {
    return this.#source;
  }

  /** @returns ends the listening */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The control plane's time, in seconds since 1970. */
  now(): number {
    return performance.now() / 1_000 + this.#ahead;
  }

  /** Draws into an element from now on. @returns ends it */
  attach(host: HTMLElement): () => void {
    const plot = new Plot({
      host,
      onCursor: (row) => this.#onPointer(row),
      onDecision: this.#options.onDecision,
    });
    this.#plot = plot;
    const unlisten = listen(host, {
      onPan: (pixels) => this.panBy((pixels / Math.max(1, plot.width)) * this.#span()),
      onZoom: (factor, clientX) => this.zoomBy(factor, plot.timeAt(clientX)),
      onTap: (clientX) => this.#putCursor(plot.timeAt(clientX)),
      onScrolledOver: () => this.#become({ isHintWanted: true }),
    });
    plot.draw(this.#state.view, null);
    plot.setDecisions(this.#decisions);
    this.#refreshSoon(true);
    return () => {
      unlisten();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      plot.close();
      this.#plot = null;
    };
  }

  close(): void {
    this.#loader.close();
    cancelAnimationFrame(this.#frame);
  }

  append(sample: LiveSample): void {
    this.#ahead = sample.at - performance.now() / 1_000;
    this.#store.append(sample);
    this.#refreshSoon(true);
  }

  /** The connection was lost: what is missed meanwhile is asked for. */
  interrupt(): void {
    this.#store.interrupt();
  }

  setSource(source: Source): void {
    const isOther = source.factor !== this.#source?.factor;
    this.#source = source;
    this.#refreshSoon(true);
    if (isOther) for (const tell of this.#listeners) tell();
  }

  /** @param decisions oldest first */
  setDecisions(decisions: readonly Marked[]): void {
    this.#decisions = decisions;
    this.#plot?.setDecisions(decisions);
  }

  panBy(seconds: number): void {
    this.#setView(panned(this.#state.view, seconds, this.#bounds()));
  }

  /** By a share of what is seen. */
  panByShare(share: number): void {
    this.panBy(share * this.#span());
  }

  zoomBy(factor: number, anchor?: number): void {
    const { from, to } = this.#state.view;
    this.#setView(zoomed(this.#state.view, factor, anchor ?? (from + to) / 2, this.#bounds()));
  }

  setSpan(seconds: number): void {
    this.#setView(ofSpan(this.#state.view, seconds, this.#bounds()));
  }

  follow(): void {
    this.#keyedAt = null;
    this.#setView(following(this.#span(), this.#bounds()));
  }

  goToEarliest(): void {
    this.#setView(panned(this.#state.view, Number.NEGATIVE_INFINITY, this.#bounds()));
  }

  /** Brings a time into view. @param at in seconds since 1970 */
  show(at: number): void {
    this.#setView(showing(this.#state.view, at, this.#bounds()));
    this.#putCursor(at);
  }

  /** Moves the crosshair by so many points; it begins at the newest. */
  moveCursor(points: number): void {
    const columns = this.#columns;
    if (columns === null || columns.times.length === 0) return;
    const from = this.#keyedAt === null ? (this.#state.row ?? columns.past) : (nearestRow(columns, this.#keyedAt) ?? 0);
    const row = Math.min(columns.times.length - 1, Math.max(0, from + points));
    const at = columns.times[row]!;
    this.#setView(showing(this.#state.view, at, this.#bounds()));
    this.#putCursor(at);
  }

  clearCursor(): void {
    this.#keyedAt = null;
    this.#plot?.setCursor(null);
    this.#become({ row: null });
  }

  /** A second has gone by. */
  tick(): void {
    this.#refreshSoon(false);
  }

  /** Asks again for what was refused. */
  retry(): void {
    this.#loader.retry();
    this.#refreshSoon(false);
  }

  #span(): number {
    return this.#state.view.to - this.#state.view.from;
  }

  #bounds(): Bounds {
    const now = this.now();
    const { earliest = now - LONGEST_SPAN, horizonSeconds = 30 } = this.#source ?? {};
    return { earliest, now, horizonSeconds };
  }

  #setView(view: View): void {
    this.#become({ view, isHintWanted: false });
    this.#refreshSoon(false);
  }

  /** @param isStale what is drawn is not what is known */
  #refreshSoon(isStale: boolean): void {
    this.#isStale ||= isStale;
    if (this.#frame !== 0 || this.#plot === null) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#refresh();
    });
  }

  /** At most once a frame. */
  #refresh(): void {
    const plot = this.#plot;
    const source = this.#source;
    if (plot === null || source === null) return;
    const now = this.now();
    const view = carriedOn(this.#state.view, this.#bounds());
    const wanted = stepFor(view, now, Math.max(LEAST_POINTS, plot.width * POINTS_A_PIXEL));
    const step = this.#store.bestStep(wanted, view, now);
    const isOutside = view.from < this.#built.from || view.to > this.#built.to;
    const isFresh = this.#isStale || isOutside || step !== this.#columns?.step;
    plot.draw(view, isFresh ? this.#build(view, step, source, now) : null);
    if (view !== this.#state.view || step !== this.#state.step) this.#become({ view, step });
    if (this.#keyedAt !== null) this.#putCursor(this.#keyedAt);
    const span = view.to - view.from;
    const { earliest } = this.#bounds();
    const known = ({ from, to }: Interval): Interval => ({ from: Math.max(from, earliest), to });
    this.#loader.want(wanted, [known(view), known({ from: view.from - span, to: view.to + span })]);
  }

  /** With as much again on each side, so that it can be moved a while. */
  #build(view: View, step: number, source: Source, now: number): Parameters<Plot['draw']>[1] {
    const span = view.to - view.from;
    this.#built = { from: view.from - span, to: view.to + span };
    const path = source.forecast === null ? [] : forecastPath(source.forecast, source.base * source.active);
    const shown = this.#store.read(step, { from: this.#built.from, to: Math.min(this.#built.to, now + 1) });
    const newest = this.#store.newest?.at ?? now;
    const columns = columnsOf(shown, source.factor, source.target, { ...source, now: newest, path });
    this.#columns = columns;
    this.#isStale = false;
    return { columns, unit: quantityOf(source.factor).unit, now: newest };
  }

  #onPointer(row: number | null): void {
    if (row === null && this.#keyedAt !== null) return;
    this.#keyedAt = null;
    if (row !== this.#state.row) this.#become({ row });
  }

  #putCursor(at: number): void {
    this.#keyedAt = at;
    const row = this.#columns === null ? null : nearestRow(this.#columns, at);
    if (row !== null) this.#plot?.setCursor(this.#columns!.times[row]!);
    if (row !== this.#state.row) this.#become({ row });
  }

  #become(change: Partial<ChartState>): void {
    this.#state = { ...this.#state, ...change };
    for (const tell of this.#listeners) tell();
  }
}
