/** Entry of the load generator's process: the order comes as JSON on standard input, results go to standard output. */
import { text } from 'node:stream/consumers';
import { generateLoad, type LoadOrder } from './load-generator.ts';

const order = JSON.parse(await text(process.stdin)) as LoadOrder;
// The demo that started this process is gone: so is the reason to send anything.
process.stdout.on('error', () => process.exit(1));
await generateLoad(order, (line) => process.stdout.write(`${JSON.stringify(line)}\n`), Math.random);
