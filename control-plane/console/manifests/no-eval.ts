/**
 * To be imported before anything that makes a schema: zod tries whether it may make functions of text, which the page's
 * Content-Security-Policy rightly lets nobody do, and which a browser reports.
 */
import { config } from 'zod/v4/core';

config({ jitless: true });
