import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { taskResult, type TaskDocument, type TaskResult } from '../schema/agent/task.ts';
import { withPlatform } from './testing/bed.ts';
import { TOKEN } from './testing/broker.ts';
import type { Platform } from './testing/platform.ts';
import { TestPod } from './testing/pod.ts';
import { soon } from './testing/soon.ts';

/** The end of a control plane that takes what tasks print. */
class Inbox {
  readonly streams = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  result: TaskResult | undefined;
  isAway = false;
  /** Requests that were answered. */
  taken = 0;

  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (!request.url!.startsWith('/task/')) return false;
    if (this.isAway) response.writeHead(503).end();
    else void this.#take(request, response);
    return true;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    expect([request.method, request.headers.authorization]).toEqual(['PUT', `Bearer ${TOKEN}`]);
    const url = new URL(request.url!, 'http://inbox');
    const bytes = await buffer(request);
    this.taken += 1;
    if (url.pathname === '/task/result') {
      this.result = taskResult.parse(JSON.parse(bytes.toString()));
      response.end('{}');
      return;
    }
    const stream = url.pathname === '/task/output/stdout' ? 'stdout' : 'stderr';
    const held = this.streams[stream];
    if (Number(url.searchParams.get('from')) === held.length) this.streams[stream] = Buffer.concat([held, bytes]);
    response.end(JSON.stringify({ size: this.streams[stream].length }));
  }
}

describe('an agent with a one-off task in a pod', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));

  async function start(script: string, inbox = new Inbox()) {
    const release = await platform.release('r1', { 'hello.txt': 'hello\n' });
    const program: TaskDocument['program'] = { kind: 'command', command: ['/bin/sh', '-c', script] };
    const pod = new TestPod(platform);
    const { document } = pod.identity();
    pod.answer = pod.identity({ document: { ...document, ports: [], task: { release, program, timeoutSeconds: 20 } } });
    const { intercept } = platform.endpoints;
    platform.endpoints.intercept = (request, response) => inbox.take(request, response) || intercept(request, response);
    const agent = platform.startAgentInPod(pod.environment, '--task');
    const message = () => taskResult.parse(JSON.parse(readFileSync(pod.messageFile, 'utf8')));
    return { agent, inbox, message };
  }

  test('brings what the command prints while it runs, then its result, and ends without an error', async () => {
    const { agent, inbox, message } = await start(
      'cat hello.txt; echo oh >&2; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo end; exit 7',
    );
    await soon(() => expect(inbox.streams.stdout.toString()).toBe('hello\n'));
    expect(inbox.result).toBeUndefined();
    writeFileSync(join(platform.directory, 'home/go'), '');
    expect(await agent.exited).toBe(0);
    expect([inbox.streams.stdout.toString(), inbox.streams.stderr.toString()]).toEqual(['hello\nend\n', 'oh\n']);
    expect(inbox.result).toMatchObject({ task: platform.key.instance, ending: { kind: 'exited', code: 7 } });
    expect(message()).toEqual(inbox.result);
  });

  test('keeps it for a control plane that is away, and says how it ended where Kubernetes reads it', async () => {
    const inbox = new Inbox();
    inbox.isAway = true;
    const { agent, message } = await start('head -c 600000 /dev/zero; exit 3', inbox);
    await soon(() => expect(message().ending).toEqual({ kind: 'exited', code: 3 }));
    expect(inbox.taken).toBe(0);
    inbox.isAway = false;
    expect(await agent.exited).toBe(0);
    expect(inbox.streams.stdout.length).toBe(600_000);
    expect(inbox.result).toMatchObject({ ending: { kind: 'exited', code: 3 } });
  });

  test('ends when nobody wants it any more', async () => {
    const inbox = new Inbox();
    inbox.take = (request, response) => {
      if (request.url!.startsWith('/task/')) response.writeHead(401).end();
      return request.url!.startsWith('/task/');
    };
    const { agent, message } = await start('echo hello', inbox);
    expect(await agent.exited).toBe(0);
    expect(message().ending).toEqual({ kind: 'exited', code: 0 });
  });

  test('is no instance: one that was begun as a task and is told that it is an instance does not run it', async () => {
    const pod = new TestPod(platform);
    const agent = platform.startAgentInPod(pod.environment, '--task');
    expect(await agent.exited).toBe(2);
    expect(agent.stderr).toContain('it was begun as a task');
  });
});
