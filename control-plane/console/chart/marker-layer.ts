/** Decisions over the lines: links that can be reached by keyboard, with their sentences. Drawn without the page's rendering: they move with each frame. */
import { markerText, placeMarkers, type Marked, type Marker } from './markers.ts';

interface Shown {
  readonly link: HTMLAnchorElement;
  readonly glyph: HTMLElement;
  uid: string;
  /** Where it is on the strip, in pixels, as it was written last. */
  at: string;
  /** The decision's own place on the strip, in pixels. */
  x: number;
}

/** Pixels to which the strip may move: places on it stay exact to a tenth of one. */
const FARTHEST = 1e6;

export class MarkerLayer {
  readonly element = document.createElement('div');
  /** Moves under the view while it is panned, with all markers on it where they are. */
  readonly #strip = document.createElement('div');
  readonly #tip = document.createElement('div');
  #shown: ReadonlyMap<string, Shown> = new Map();
  readonly #onDecision: (uid: string) => void;
  /** Pixels a second, the time at which the strip begins, and how far it is moved to the left, in pixels. */
  #scale = 0;
  #begin = 0;
  #moved = 0;
  /** Oldest first. */
  decisions: readonly Marked[] = [];

  constructor(onDecision: (uid: string) => void) {
    this.#onDecision = onDecision;
    this.element.className = 'decision-markers';
    this.#tip.className = 'decision-tip';
    this.#tip.hidden = true;
    this.element.append(this.#strip, this.#tip);
  }

  /** @param view in seconds since 1970 @param width in pixels */
  layOut(view: { readonly from: number; readonly to: number }, width: number): void {
    const markers = width > 0 ? placeMarkers(this.decisions, view, width) : [];
    this.#move(view.from, width / (view.to - view.from));
    const before = this.#shown;
    const shown = new Map<string, Shown>();
    let last: HTMLElement | null = null;
    for (const marker of markers) {
      const { uid } = marker.decision;
      const one = before.get(uid) ?? this.#make(uid);
      place(one, marker, this.#moved);
      // In the order of time, which is that of the keyboard.
      const next: Element | null = last === null ? this.#strip.firstElementChild : last.nextElementSibling;
      if (next !== one.link) this.#strip.insertBefore(one.link, next);
      last = one.link;
      shown.set(uid, one);
    }
    for (const [uid, { link }] of before) {
      if (shown.has(uid)) continue;
      if (link === document.activeElement || link.matches(':hover')) this.#tip.hidden = true;
      link.remove();
    }
    this.#shown = shown;
  }

  #move(from: number, scale: number): void {
    if (scale !== this.#scale || Math.abs((from - this.#begin) * scale) > FARTHEST) {
      this.#scale = scale;
      this.#begin = from;
    }
    this.#moved = (from - this.#begin) * scale;
    this.#strip.style.transform = `translateX(${(-this.#moved).toFixed(1)}px)`;
  }

  #make(uid: string): Shown {
    const link = document.createElement('a');
    const glyph = document.createElement('span');
    link.append(glyph);
    const shown: Shown = { link, glyph, uid, at: '', x: 0 };
    const tell = (): void => this.#tell(shown);
    const hide = (): void => {
      this.#tip.hidden = true;
    };
    link.addEventListener('mouseenter', tell);
    link.addEventListener('focus', tell);
    link.addEventListener('mouseleave', hide);
    link.addEventListener('blur', hide);
    link.addEventListener('pointerdown', (event) => event.stopPropagation());
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.#onDecision(shown.uid);
    });
    return shown;
  }

  #tell({ link, x }: Shown): void {
    this.#tip.textContent = link.getAttribute('aria-label');
    this.#tip.hidden = false;
    const { width } = this.element.getBoundingClientRect();
    const middle = x - this.#moved;
    const left = Math.min(Math.max(0, middle - this.#tip.offsetWidth / 2), Math.max(0, width - this.#tip.offsetWidth));
    this.#tip.style.left = `${left}px`;
  }
}

function place(shown: Shown, marker: Marker, moved: number): void {
  const { link, glyph } = shown;
  const { decision, x, place: middle } = marker;
  shown.x = x + moved;
  const at = (middle + moved).toFixed(1);
  if (shown.at !== at) {
    shown.at = at;
    link.style.transform = `translateX(${at}px)`;
    glyph.style.transform = `translateX(${(x - middle).toFixed(1)}px)`;
  }
  const text = markerText(marker);
  if (link.getAttribute('aria-label') === text) return;
  link.href = `#decision-${decision.uid}`;
  link.setAttribute('aria-label', text);
  link.className = kindOf(decision);
  glyph.textContent = GLYPHS[kindOf(decision)];
  // What was not acted on is in the list beside; the way through the chart by keyboard leads from action to action.
  link.tabIndex = decision.acted ? 0 : -1;
}

const GLYPHS = { up: '▲', down: '▼', hold: '·' } as const;

function kindOf({ acted, from, to }: Marked): keyof typeof GLYPHS {
  if (!acted) return 'hold';
  return to > from ? 'up' : 'down';
}
