/** The whole way once, on this machine, with nothing prepared. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readContexts } from '../cli/contexts.ts';
import { CartwrightError } from '../app/errors.ts';
import { apply, applicationUrl, explainedNonActions, signInLink, type Api } from './api.ts';
import { endInstances } from './end-instances.ts';
import { LoadProcess } from './load-process.ts';
import { decisionToActive, failuresBetween, percentile, rampToDecision, round, type DemoSummary } from './measures.ts';
import { DemoObserver } from './observer.ts';
import { playScenario, waitFor, type Moments } from './scenario.ts';
import { Screen } from './screen.ts';
import { generatedDay, parseTrace, type Trace } from './trace.ts';
import { makeWorld, removeWorld, type World } from './world.ts';

export interface DemoOptions {
  readonly trace?: string;
  readonly json: boolean;
  readonly keep: boolean;
  /** Length of the load in seconds. */
  readonly seconds: number;
  readonly packageDirectory: string;
  readonly out: (text: string) => void;
  /** Where the story goes; nowhere with `json`. */
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
}

const REF = { application: 'shop', alias: 'web' } as const;
/** Each request waits this long in the application: what makes requests in flight of requests per second. */
const WORK_MILLISECONDS = 150;
/** Primes below this number: a little real work, well under a millisecond. */
const WORK_LIMIT = 5000;
const PEAK_RATE = 200;
const TIMEOUT_MILLISECONDS = 10_000;
const CALM_SECONDS = 15;

function manifestOf(repository: string): string {
  return JSON.stringify({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: REF.application },
    spec: {
      components: [
        {
          kind: 'cartridge',
          alias: REF.alias,
          cartridge: 'nodejs',
          source: { git: { url: `file://${repository}`, branch: 'main' } },
        },
      ],
    },
  });
}

/** Returns the exit code: 0 when everything that the summary promises was reached. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const trace =
    options.trace === undefined
      ? generatedDay(options.seconds, PEAK_RATE)
      : parseTrace(await readFile(options.trace, 'utf8'), options.trace, options.seconds, PEAK_RATE);
  const screen = new Screen(options.tell, Date.now());
  const world = await makeWorld(options.packageDirectory);
  try {
    screen.say(`Everything is in ${world.directory}; the load is ${trace.name}, ${options.seconds} s.`);
    await world.controlPlane.start();
    screen.say(`The control plane answers at ${world.controlPlane.url}.`);
    const api = await apiOf(world);
    // Only where it stays when the demo is over.
    if (options.keep) await tellLink(api, screen, '/');
    const summary = await play(world, api, trace, screen, options.signal);
    options.out(options.json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
    const failures = verdict(summary);
    for (const failure of failures) screen.say(`Not as promised: ${failure}.`);
    if (options.keep) await tellLink(api, screen, `/applications/${REF.application}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    if (options.keep) {
      world.controlPlane.release();
      screen.say(
        `Left running: ${world.controlPlane.url}; use it with CARTWRIGHT_CONFIG=${world.folders.contexts} npx cartwright get instances`,
      );
    } else {
      await world.controlPlane.end('SIGTERM');
      await endInstances(world.folders.data);
      await removeWorld(world);
    }
  }
}

async function apiOf(world: World): Promise<Api> {
  const contexts = await readContexts({ CARTWRIGHT_CONFIG: world.folders.contexts });
  const token = contexts.contexts[contexts.current ?? '']?.token ?? '';
  return { url: world.controlPlane.url, token };
}

async function tellLink(api: Api, screen: Screen, path: string): Promise<void> {
  const link = await signInLink(api, path);
  screen.say(`See it in a browser, signed in once by this link within five minutes: ${link}`);
}

async function play(world: World, api: Api, trace: Trace, screen: Screen, signal: AbortSignal): Promise<DemoSummary> {
  await apply(api, manifestOf(world.repository));
  screen.say('The application "shop" is applied: its source is fetched, built and started.');
  let loadStartedAt: number | null = null;
  const rateNow = (): number => (loadStartedAt === null ? 0 : trace.rateAt((Date.now() - loadStartedAt) / 1000));
  const observer = new DemoObserver({
    ...api,
    ...REF,
    onSnapshot: (snapshot) => screen.status(snapshot, rateNow()),
    onDecision: (decision) => screen.say(`▸  ${decision.sentence}`, Date.parse(decision.at)),
  });
  let load: LoadProcess | null = null;
  // A person who has had enough ends every waiting: the observer closes, the load goes.
  const stop = (): void => {
    load?.kill();
    void observer.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await waitFor(observer, 'the first instance is active', ({ active }) => active >= 1, 90);
    const url = await servingUrl(api);
    screen.say(`It serves at ${url}. The load begins.`);
    const rates = Array.from({ length: trace.seconds * 10 }, (_, slot) => trace.rateAt(slot / 10));
    const startedAt = Date.now();
    loadStartedAt = startedAt;
    load = new LoadProcess(
      {
        url: `${url}work?milliseconds=${WORK_MILLISECONDS}&limit=${WORK_LIMIT}`,
        rates,
        timeoutMilliseconds: TIMEOUT_MILLISECONDS,
      },
      () => undefined,
    );
    const moments = await playScenario({ world, observer, screen, startedAt, seconds: trace.seconds, signal });
    await load.ended;
    screen.say('The load has ended; what is not needed goes.');
    const end = await waitFor(
      observer,
      'the instances go down to the minimum',
      ({ wanted, active, instances }) => wanted === 1 && active === 1 && instances.length === 1,
      150,
    );
    return summarise({
      trace,
      startedAt,
      load,
      observer,
      moments,
      instancesEnd: end.active,
      nonActionsExplained: await explainedNonActions(api, REF),
    });
  } finally {
    signal.removeEventListener('abort', stop);
    load?.kill();
    await observer.close();
  }
}

/** The load balancer comes with the application; it serves as soon as it has its topology. */
async function servingUrl(api: Api): Promise<string> {
  const deadline = Date.now() + 30_000;
  let seen = 'no load balancer yet';
  while (Date.now() < deadline) {
    const url = await applicationUrl(api, REF.application);
    if (url !== null) {
      seen = await fetch(`${url}healthz`, { signal: AbortSignal.timeout(2000) }).then(
        ({ status }) => `status ${status}`,
        (error: unknown) => (error as Error).message,
      );
      if (seen === 'status 200') return url;
    }
    await sleep(100);
  }
  throw new CartwrightError('DEMO_FAILED', `the application did not serve within 30 s: ${seen}`);
}

interface Recorded {
  readonly trace: Trace;
  readonly startedAt: number;
  readonly load: LoadProcess;
  readonly observer: DemoObserver;
  readonly moments: Moments;
  readonly instancesEnd: number;
  readonly nonActionsExplained: number;
}

function summarise({
  trace,
  startedAt,
  load,
  observer,
  moments,
  instancesEnd,
  nonActionsExplained,
}: Recorded): DemoSummary {
  const { seconds } = load;
  const latencies = seconds.flatMap((second) => second.latenciesMilliseconds);
  const calm = seconds
    .filter(({ at }) => at < startedAt + CALM_SECONDS * 1000)
    .flatMap((second) => second.latenciesMilliseconds);
  const serviceSeconds = percentile(calm, 0.5) / 1000;
  const { update, kill, controlPlaneKill } = moments;
  const ramp = rampToDecision({
    demandAt: (at) => trace.rateAt((at - startedAt) / 1000) * serviceSeconds,
    from: startedAt,
    to: startedAt + trace.seconds * 1000,
    snapshots: observer.snapshots,
    decisions: observer.decisions,
  });
  return {
    requests: load.sent,
    failed: failuresBetween(seconds, 0, Number.POSITIVE_INFINITY),
    p50Milliseconds: percentile(latencies, 0.5),
    p99Milliseconds: percentile(latencies, 0.99),
    rampToDecisionSeconds: round(ramp, 2),
    decisionToActiveSeconds: round(decisionToActive(observer.decisions, observer.instances.values()), 2),
    instancesMax: Math.max(...observer.snapshots.map(({ active }) => active)),
    instancesEnd,
    updateFailed: update === null ? 0 : failuresBetween(seconds, update.from, update.to),
    killedInstanceReplacedSeconds:
      kill === null || kill.replacedAt === null ? null : round((kill.replacedAt - kill.at) / 1000, 2),
    controlPlaneKilledFailed:
      controlPlaneKill === null ? 0 : failuresBetween(seconds, controlPlaneKill.from, controlPlaneKill.to),
    decisions: observer.decisions.filter(({ acted }) => acted).length,
    nonActionsExplained,
  };
}

/** What was promised and not reached. */
function verdict(summary: DemoSummary): string[] {
  const failures: string[] = [];
  if (summary.updateFailed > 0) failures.push(`${summary.updateFailed} requests failed during the update`);
  if (summary.controlPlaneKilledFailed > 0)
    failures.push(`${summary.controlPlaneKilledFailed} requests failed while the control plane was away`);
  if (summary.failed > 0) failures.push(`${summary.failed} requests failed in all`);
  if (summary.rampToDecisionSeconds === null || summary.rampToDecisionSeconds > 2)
    failures.push(
      `the first decision to grow came ${summary.rampToDecisionSeconds ?? 'never or before the load; not'} s after the load asked for it`,
    );
  if (summary.killedInstanceReplacedSeconds === null || summary.killedInstanceReplacedSeconds > 6)
    failures.push(`the killed instance was replaced after ${summary.killedInstanceReplacedSeconds ?? 'no'} s`);
  return failures;
}

function formatSummary(summary: DemoSummary): string {
  const lines = Object.entries(summary).map(([name, value]) => `  ${name.padEnd(30)} ${value ?? '-'}`);
  return `\nSummary\n${lines.join('\n')}\n`;
}
