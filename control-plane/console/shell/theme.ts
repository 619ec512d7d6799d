/** Light, dark, or as the machine has it; remembered by the browser. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'cartwright.theme';

export function storedTheme(): Theme {
  const stored = storage()?.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  storage()?.setItem(KEY, theme);
}

/** Some browsers keep nothing for a page, and throw when it is asked for. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
