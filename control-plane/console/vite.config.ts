/** How the console is built: everything from this folder, nothing from elsewhere, no script or style within a page. */
import { join } from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root,
  base: '/',
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: join(root, '../../dist/control-plane/console'),
    emptyOutDir: true,
    target: 'es2023',
    // A file of its own for each: the Content-Security-Policy allows no data: in scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // "use client" at the head of libraries says something to servers that render pages; none does here.
      onLog: (level, log, next) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : next(level, log)),
    },
  },
});
