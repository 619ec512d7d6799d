/** The colours of the page as a canvas takes them: what the tokens come to in the theme that is on. */
const TOKENS = {
  demand: '--series-demand',
  forecast: '--series-forecast',
  interval: '--series-interval',
  ready: '--series-ready',
  coming: '--series-starting',
  target: '--series-target',
  text: '--text-quiet',
  line: '--line',
  strong: '--line-strong',
} as const;

export type Palette = Readonly<Record<keyof typeof TOKENS, string>>;

/** @param within is of the page, and of the theme that the page has */
export function paletteOf(within: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  within.append(probe);
  const colours = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours) as Palette;
}

/** Tells when the theme changes. @returns ends it */
export function onThemeChange(tell: () => void): () => void {
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', tell);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', tell);
  };
}
