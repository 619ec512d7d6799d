/** Decisions over the lines: links that can be reached by keyboard, with their sentences. Drawn without the page's rendering: they move with each frame. */
import { markerText, placeMarkers, type Marked, type Marker } from './markers.ts';

interface Shown {
  readonly link: HTMLAnchorElement;
  readonly glyph: HTMLElement;
  uid: string;
}

export class MarkerLayer {
  readonly element = document.createElement('div');
  readonly #tip = document.createElement('div');
  readonly #shown: Shown[] = [];
  readonly #onDecision: (uid: string) => void;
  /** Oldest first. */
  decisions: readonly Marked[] = [];

  constructor(onDecision: (uid: string) => void) {
    this.#onDecision = onDecision;
    this.element.className = 'decision-markers';
    this.#tip.className = 'decision-tip';
    this.#tip.hidden = true;
    this.element.append(this.#tip);
  }

  /** @param view in seconds since 1970 @param width in pixels */
  layOut(view: { readonly from: number; readonly to: number }, width: number): void {
    const markers = width > 0 ? placeMarkers(this.decisions, view, width) : [];
    for (const [index, marker] of markers.entries()) {
      this.#shown[index] ??= this.#make();
      place(this.#shown[index], marker);
    }
    for (const { link } of this.#shown.splice(markers.length)) {
      if (link === document.activeElement || link.matches(':hover')) this.#tip.hidden = true;
      link.remove();
    }
  }

  #make(): Shown {
    const link = document.createElement('a');
    const glyph = document.createElement('span');
    link.append(glyph);
    const shown: Shown = { link, glyph, uid: '' };
    const tell = (): void => this.#tell(link);
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
    this.element.append(link);
    return shown;
  }

  #tell(link: HTMLAnchorElement): void {
    this.#tip.textContent = link.getAttribute('aria-label');
    this.#tip.hidden = false;
    const { width } = this.element.getBoundingClientRect();
    const middle = Number(link.dataset.x);
    const left = Math.min(Math.max(0, middle - this.#tip.offsetWidth / 2), Math.max(0, width - this.#tip.offsetWidth));
    this.#tip.style.left = `${left}px`;
  }
}

function place(shown: Shown, marker: Marker): void {
  const { link, glyph } = shown;
  const { decision, x, place: middle } = marker;
  link.style.transform = `translateX(${middle.toFixed(1)}px)`;
  glyph.style.transform = `translateX(${(x - middle).toFixed(1)}px)`;
  link.dataset.x = x.toFixed(1);
  const text = markerText(marker);
  if (shown.uid === decision.uid && link.getAttribute('aria-label') === text) return;
  shown.uid = decision.uid;
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
