/** The package's folder, whether this runs compiled from dist/ or from its source. */
import { basename, join } from 'node:path';

const above = join(import.meta.dirname, '../..');
export const ROOT = basename(above) === 'dist' ? join(above, '..') : above;
