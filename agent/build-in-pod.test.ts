import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create, extract } from 'tar';
import type { BuildDocument } from '../schema/agent/build.ts';
import { taskResult, type TaskResult } from '../schema/agent/task.ts';
import { withPlatform } from './testing/bed.ts';
import { TOKEN } from './testing/broker.ts';
import type { Platform } from './testing/platform.ts';
import { TestPod } from './testing/pod.ts';
import { soon } from './testing/soon.ts';

jest.setTimeout(30_000);

describe('an agent with a build in a pod', () => {
  let platform: Platform;
  let archive: Buffer | undefined;
  let result: TaskResult | undefined;
  let printed: string;
  let isAway: boolean;

  withPlatform((fresh) => (platform = fresh));
  beforeEach(() => {
    [archive, result, printed, isAway] = [undefined, undefined, '', false];
  });

  /** The end of a control plane that runs builds. */
  async function answer(source: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    expect(request.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const bytes = await buffer(request);
    const url = new URL(request.url!, 'http://builds');
    const what = `${request.method} ${url.pathname}`;
    if (isAway) response.writeHead(503).end();
    else if (what === 'GET /build/source') response.end(source);
    else if (what === 'PUT /build/archive') response.end('{}', () => (archive = bytes));
    else if (what === 'PUT /build/result') {
      result = taskResult.parse(JSON.parse(bytes.toString()));
      response.end('{}');
    } else {
      if (Number(url.searchParams.get('from')) === printed.length) printed += bytes.toString();
      response.end(JSON.stringify({ size: printed.length }));
    }
  }

  async function start(hook: string, changes: Partial<BuildDocument> = {}) {
    const tree = mkdtempSync(join(platform.root, 'source-'));
    writeFileSync(join(tree, 'index.js'), 'the source');
    const file = join(platform.root, 'source.tgz');
    await create({ gzip: true, file, cwd: tree, portable: true }, ['.']);
    const source = readFileSync(file);
    const digest = `sha256-${createHash('sha256').update(source).digest('hex')}`;
    const cartridge = join(platform.root, 'cartridge');
    mkdirSync(cartridge, { recursive: true });
    writeFileSync(join(cartridge, 'build'), `#!/bin/sh\n${hook}\n`, { mode: 0o755 });
    const pod = new TestPod(platform);
    const { document } = pod.identity();
    const build: BuildDocument = {
      ...{ source: { digest, bytes: source.length }, hook: 'build', environment: { COLOUR: 'green' } },
      ...{ maximumBytes: 1e6, timeoutSeconds: 20, ...changes },
    };
    pod.answer = pod.identity({ document: { ...document, ports: [], build } });
    const { intercept } = platform.endpoints;
    platform.endpoints.intercept = (request, response) => {
      if (!request.url!.startsWith('/build/')) return intercept(request, response);
      void answer(source, request, response);
      return true;
    };
    return platform.startAgentInPod(pod.environment, '--build');
  }

  test('runs the hook in the source, without anything of the platform, and brings its tree before its result', async () => {
    const agent = await start(
      'echo "$COLOUR $CARTWRIGHT_START"; cat index.js; mkdir -p made; echo built > made/it; [ -d "$TMPDIR" ] && [ -d "$CARTWRIGHT_CACHE" ] && env > made/environment',
      { start: ['node', '.'] },
    );
    expect(await agent.exited).toBe(0);
    expect(printed).toBe('green node .\nthe source');
    expect(result?.ending).toEqual({ kind: 'exited', code: 0 });
    const tree = mkdtempSync(join(platform.root, 'result-'));
    writeFileSync(join(platform.root, 'result.tgz'), archive!);
    await extract({ file: join(platform.root, 'result.tgz'), cwd: tree });
    expect(readFileSync(join(tree, 'made/it'), 'utf8')).toBe('built\n');
    expect(readFileSync(join(tree, 'index.js'), 'utf8')).toBe('the source');
    const environment = readFileSync(join(tree, 'made/environment'), 'utf8');
    for (const text of [TOKEN, 'CARTWRIGHT_CONTROL_PLANE', 'CARTWRIGHT_HOST_CLUSTER', platform.endpoints.url])
      expect(environment).not.toContain(text);
  });

  test('a hook that fails brings no tree', async () => {
    const agent = await start('echo no such package >&2; exit 7');
    expect(await agent.exited).toBe(0);
    expect(result).toMatchObject({ ending: { kind: 'exited', code: 7 }, lastLines: ['no such package'] });
    expect(archive).toBeUndefined();
  });

  test('a control plane that is away gets the tree when it is back', async () => {
    const agent = await start('while [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo done');
    await soon(() => expect(readFileSync(join(platform.directory, 'build/index.js'), 'utf8')).toBe('the source'));
    isAway = true;
    await soon(() => writeFileSync(join(platform.directory, 'cache/home/go'), ''));
    await soon(() => expect(agent.stderr).toContain('the control plane is asked again'));
    isAway = false;
    expect(await agent.exited).toBe(0);
    expect(archive).toBeDefined();
    expect(result?.ending).toEqual({ kind: 'exited', code: 0 });
  });

  test('what takes too long is ended', async () => {
    const slow = await start('exec sleep 1000', { timeoutSeconds: 2 });
    expect(await slow.exited).toBe(0);
    expect(result?.ending).toEqual({ kind: 'timed-out' });
  });

  test('a hook that is none is told', async () => {
    const agent = await start('true', { hook: '../outside' });
    expect(await agent.exited).toBe(0);
    expect(result?.ending).toMatchObject({ kind: 'not-started', reason: { code: 'build-hook-missing' } });
  });
});
