/** The images as pods: not root, nothing of the image written to, in a namespace under the Pod Security Standard `restricted`. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SERVER } from '../../agent/testing/platform.ts';
import { eventually } from '../support/eventually.ts';
import { Namespace } from './cluster.ts';
import { ImagePod, type PodOptions } from './image-pod.ts';
import { pushedImages } from './image-set.ts';

jest.setTimeout(900_000);

/** What of each cartridge is tried, and what it answers. */
const SERVES: readonly (Omit<PodOptions, 'image'> & { readonly answer: RegExp })[] = [
  {
    cartridge: 'nodejs',
    files: { 'package.json': '{"scripts": {"start": "node server.mjs"}}', 'server.mjs': SERVER },
    answer: /^one$/,
  },
  { cartridge: 'static', files: { 'index.html': '<h1>Files</h1>' }, answer: /Files/ },
  { cartridge: 'lb', answer: /^No application is routed at this host and path\.$/m },
  {
    cartridge: 'base',
    files: { start: '#!/bin/sh\nexec /cartwright/node server.mjs\n', 'server.mjs': SERVER },
    answer: /^one$/,
  },
  {
    cartridge: 'python',
    files: {
      '.cartwright-start': 'exec python3 -m http.server --bind "$HOST" "$PORT"\n',
      '.cartwright-python/interpreter': '/usr/bin/python3.11\n',
      'index.html': 'from Python',
    },
    answer: /from Python/,
  },
  {
    cartridge: 'php',
    files: {
      'public/index.php': "<?php require '../lib/greeting.php'; session_start(); echo greeting(), ' ', PHP_SAPI;",
      'lib/greeting.php': "<?php function greeting() { return 'good day from ' . posix_getuid(); }",
    },
    answer: /^good day from 10001 fpm-fcgi$/,
  },
  {
    cartridge: 'tomcat',
    files: { 'index.jsp': '<%= 40 + 2 %> from Tomcat' },
    memoryLimit: '512Mi',
    answer: /^42 from Tomcat/,
  },
];

let namespace: Namespace;
let images: Map<string, string>;
beforeAll(async () => {
  images = await pushedImages(SERVES.map(({ cartridge }) => cartridge));
  namespace = await Namespace.create('cartwright-images');
});
afterAll(() => namespace?.[Symbol.asyncDispose]());

const start = (options: Omit<PodOptions, 'image'>): Promise<ImagePod> =>
  ImagePod.start(namespace, { ...options, image: images.get(options.cartridge)! });
const text = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: 'close' } })).text();

test.each(SERVES)(
  '$cartridge serves as the user of the image, with its own folder as the only one that it writes to',
  async ({ answer, ...options }) => {
    await using pod = await start(options);
    await pod.active();
    expect(await text(await pod.url())).toMatch(answer);
    expect((await pod.exec('id', '-u')).trim()).toBe('10001');
    await expect(pod.exec('sh', '-c', 'echo x > /cartridge/x')).rejects.toThrow(/Read-only file system/);
    expect(pod.platform.received.problems).toEqual([]);
  },
);

/** Sources whose build needs the tools of the image, and no network; the file that the build makes. */
const BUILDS: readonly {
  readonly cartridge: string;
  readonly source: Record<string, string>;
  readonly made: string;
}[] = [
  {
    cartridge: 'nodejs',
    source: {
      'package.json': '{"dependencies": {"greeting": "file:greeting"}, "scripts": {"start": "node server.js"}}',
      'greeting/package.json': '{"name": "greeting", "version": "1.0.0"}',
    },
    made: 'node_modules/greeting/package.json',
  },
  {
    cartridge: 'python',
    source: { 'app.py': 'def application(environ, start_response): pass\nif __name__ == "__main__": pass\n' },
    made: '.cartwright-start',
  },
  {
    cartridge: 'php',
    source: {
      'composer.json':
        '{"repositories": [{"type": "path", "url": "greeting"}, {"packagist.org": false}], "require": {"sample/greeting": "1.0.0"}}',
      'greeting/composer.json': '{"name": "sample/greeting", "version": "1.0.0"}',
      'index.php': '<?php',
    },
    made: 'vendor/sample/greeting/composer.json',
  },
];

test.each(BUILDS)('the image of $cartridge builds a source without a network', async ({ cartridge, source, made }) => {
  await using pod = await start({ ...SERVES.find((one) => one.cartridge === cartridge)!, memoryLimit: '512Mi' });
  await pod.active();
  const files = Object.entries(source).map(
    ([path, content]) =>
      `mkdir -p "$(dirname ${path})" && echo ${Buffer.from(content).toString('base64')} | base64 -d > ${path}`,
  );
  const variables = 'HOME=/tmp/home TMPDIR=/tmp CARTWRIGHT_CACHE=/tmp/cache npm_config_registry=http://127.0.0.1:1/';
  const script = [
    'mkdir -p /tmp/source /tmp/cache /tmp/home && cd /tmp/source',
    ...files,
    `${variables} /cartridge/hooks/build >&2`,
    `test -f ${made} && echo made`,
  ];
  expect(await pod.exec('sh', '-c', script.join(' && '))).toBe('made\n');
});

describe('an instance in a container', () => {
  const [nodejs] = SERVES;

  test('is known by its birth, and ready for Kubernetes when its application is', async () => {
    await using pod = await start(nodejs!);
    await pod.active();
    await eventually('Kubernetes has it ready', () => pod.isReady());
    const { inventory } = await eventually(
      'the inventory',
      () => {
        const { status } = pod.platform.received;
        return status?.inventory && status;
      },
      60_000,
    );
    expect(inventory).toMatchObject({ hostname: pod.name, node: expect.stringMatching(/^24\./) });
    // tini is the first process, so that what the application leaves is taken care of.
    expect(await pod.exec('cat', '/proc/1/comm')).toBe('tini\n');
  });

  test.each(SERVES.filter(({ cartridge }) => ['nodejs', 'python', 'php'].includes(cartridge)))(
    'of $cartridge runs as any user, also as one that the image does not know',
    async ({ answer: _, ...options }) => {
      await using pod = await start({ ...options, user: 1_234_567 });
      await pod.active();
      expect((await pod.exec('id', '-u')).trim()).toBe('1234567');
      expect((await fetch(await pod.url())).status).toBe(200);
    },
  );

  test('reports the memory of its own container against the limit of that, and the load of its threads', async () => {
    const files = {
      ...nodejs!.files,
      'package.json': '{"scripts": {"start": "node busy.mjs"}}',
      // Half of a CPU, in pieces that let it answer.
      'busy.mjs': `import './server.mjs'; setInterval(() => { const end = Date.now() + 150; while (Date.now() < end); }, 300);`,
    };
    await using pod = await start({ ...nodejs!, files, memoryLimit: '200Mi' });
    await pod.active();
    const latest = (): ReadonlyMap<string, number> | undefined => {
      const report = pod.platform.received.stats.at(-1);
      return (
        report &&
        new Map(
          Object.entries({ ...report.gauges, ...report.counters }).map(([name, values]) => [name, values.at(-1)!]),
        )
      );
    };
    const stats = await eventually(
      'a load',
      () => {
        const seen = latest();
        return (seen?.get('loadAverage') ?? 0) > 10 && (seen?.get('cpuSeconds') ?? 0) > 1 && seen;
      },
      60_000,
    );
    const share = (stats.get('memoryBytes')! / (200 * 1024 * 1024)) * 100;
    expect(stats.get('memory')).toBeCloseTo(share, 1);
    expect(stats.get('memoryBytes')).toBeGreaterThan(30 * 1024 * 1024);
    expect(stats.get('memoryBytes')).toBeLessThan(200 * 1024 * 1024);
    expect(stats.has('cpuThrottledSeconds')).toBe(true);
  });

  test('that uses up the memory of its container says so, and is started again', async () => {
    const files = {
      ...nodejs!.files,
      'package.json': '{"scripts": {"start": "node grows.mjs"}}',
      'grows.mjs': `import './server.mjs'; const kept = []; process.on('SIGUSR2', () => setInterval(() => kept.push(Buffer.alloc(16_000_000, 1)), 20));`,
    };
    await using pod = await start({ ...nodejs!, files, memoryLimit: '200Mi' });
    await pod.active();
    await pod.exec(
      'sh',
      '-c',
      `kill -USR2 $(/cartwright/node -e "fetch('http://127.0.0.1:8080/pid').then(async (r) => console.log(await r.text()))")`,
    );
    const { reason } = await eventually(
      'the reason',
      () => {
        const faults = pod.platform.received.statuses.flatMap((status) =>
          status.state !== 'offline' && status.reason?.code === 'out-of-memory' ? [status] : [],
        );
        return faults[0];
      },
      60_000,
    );
    expect(reason?.message).toMatch(
      /^over its declared memory of 200 MiB: the kernel ended it, and it is started again/,
    );
    await eventually('it serves again', () => pod.platform.received.status?.state === 'active', 30_000);
  });

  test('that is asked to go finishes what it has begun, leaves service first, and ends by itself', async () => {
    await using pod = await start({ ...nodejs!, spec: { drainSeconds: 3 } });
    await pod.active();
    const url = await pod.url();
    const slow = text(`${url}/slow`);
    await pod.delete();
    expect(await slow).toBe('slow');
    await eventually('it leaves service', () => pod.platform.received.states.includes('maintenance'));
    // Balancers need time to leave it: it serves on for them.
    expect(await text(url)).toBe('one');
    await eventually('its end', () => pod.platform.received.states.at(-1) === 'terminated', 30_000);
    await eventually('the pod is gone', () => pod.isGone(), 30_000);
    expect(pod.platform.received.states).toEqual([
      ...['initialized', 'starting', 'active', 'maintenance', 'ready-to-shutdown', 'terminated'],
    ]);
    expect(pod.platform.received.lines).toContain('stdout: asked to stop');
  });
});
