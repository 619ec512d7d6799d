/** Where the page begins. */
import './manifests/no-eval.ts';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyTheme, storedTheme } from './shell/theme.ts';
import './style/base.css';
import './style/forms.css';
import './style/blocks.css';
import './shell/shell.css';

applyTheme(storedTheme());
createRoot(document.getElementById('root')!).render(<App />);
