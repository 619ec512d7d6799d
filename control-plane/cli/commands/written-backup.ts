/** A backup that was written, read back from its file: what is in it, where it is, how large. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { list, type ReadEntry } from 'tar';
import { z } from 'zod';
import { CliError, EXIT } from '../exit.ts';
import type { Printer } from '../output/printer.ts';
import { size } from '../output/text.ts';

const MANIFEST_FILE = 'manifest.json';
const LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024;

/** What is told of it; the rest is the restore's. */
const manifestSchema = z.object({
  cartwright: z.string(),
  createdAt: z.string(),
  rows: z.record(z.string(), z.number()),
  files: z.array(z.object({ path: z.string() })),
  keyReference: z.string().nullable(),
});

/** `-o json` prints it. */
export interface WrittenBackup {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The version that made it. */
  readonly cartwright: string;
  /** Of all tables together. */
  readonly rows: number;
  readonly artifacts: number;
  /** Names the key that its secrets are encrypted with; null where there is none. */
  readonly keyReference: string | null;
}

/**
 * @param stands where it is; `file`: where it will be
 * @throws CliError for what is no backup
 */
export async function readBack(stands: string, file: string): Promise<WrittenBackup> {
  const { rows, files, ...manifest } = await manifestOf(stands);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(stands) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return {
    file,
    bytes,
    sha256: hash.digest('hex'),
    ...manifest,
    rows: Object.values(rows).reduce((sum, count) => sum + count, 0),
    artifacts: files.filter(({ path }) => path.startsWith('artifacts/')).length,
  };
}

export function printWritten(printer: Printer, written: WrittenBackup): Promise<void> {
  const { file, bytes, sha256, rows, artifacts } = written;
  return printer.one(
    written,
    () => `${file}: ${size(bytes)} (${bytes} bytes), ${rows} rows, ${artifacts} artifacts, sha256 ${sha256}`,
  );
}

async function manifestOf(file: string): Promise<z.infer<typeof manifestSchema>> {
  let text: Promise<Buffer> | undefined;
  const onReadEntry = (entry: ReadEntry): void => {
    if (entry.path === MANIFEST_FILE && entry.size <= LARGEST_MANIFEST_BYTES) text = buffer(entry);
    else entry.resume();
  };
  try {
    await list({ file, strict: true, onReadEntry });
    if (text === undefined) throw new Error(`it has no ${MANIFEST_FILE}`);
    return manifestSchema.parse(JSON.parse((await text).toString()));
  } catch (error) {
    const [why = ''] = (error as Error).message.split('\n', 1);
    throw new CliError(
      EXIT.failed,
      `what was written is no whole backup (${why}); nothing was kept, take another one`,
      {
        cause: error,
      },
    );
  }
}
