/** A policy is tried on what was really asked of a running application: requests, balancer, history, thread, result. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(300_000);
const LIMIT = 90_000;
const WORKERS = 8;

interface Result {
  readonly sentence: string;
  readonly coveredSeconds: number;
  readonly seconds: number;
  readonly serviceSeconds: number;
  readonly proposed: { readonly replicaHours: number; readonly mostReplicas: number };
  readonly inForce: { readonly replicaHours: number } | null;
  readonly recorded: { readonly replicaHours: number } | null;
}

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform[Symbol.asyncDispose]());

const run = promisify(execFile);

async function backtest(): Promise<{ readonly result: Result } | string> {
  const options = ['backtest', 'policy.json', '-a', 'shop', '--since', '5m', '-o', 'json'];
  try {
    const { stdout } = await run(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...options], {
      cwd: platform.directory,
      env: platform.environment,
    });
    return JSON.parse(stdout) as { readonly result: Result };
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

test('what a policy costs on the demand of the last minutes, beside what really ran', async () => {
  const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('here'));
  await platform.apply({
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name: 'shop' } },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', concurrency: 4 },
          source: { git: { url: repository.url, branch: 'main' } },
          autoscaling: { minimum: 1, maximum: 1 },
        },
      ],
    },
  });
  await writeFile(
    join(platform.directory, 'policy.json'),
    JSON.stringify({
      ...{ apiVersion: 'cartwright.dev/v1', kind: 'AutoscalingPolicy', metadata: { name: 'roomy' } },
      spec: { minimum: 1, maximum: 5, factors: { requestsInFlight: { target: 2 } } },
    }),
  );
  const url = await eventually(
    'the application has a URL',
    async () =>
      (await platform.ask<{ application: { url: string | null } | null }>('{ application(name: "shop") { url } }'))
        .application?.url ?? undefined,
    LIMIT,
  );
  await eventually('it serves', () => getText(url), LIMIT);
  expect(await backtest()).toMatch(/are needed; it is recorded while a load balancer reports/);

  const load = steadyLoad(url, WORKERS);
  const { result } = await eventually(
    'a minute is recorded',
    async () => {
      const answer = await backtest();
      return typeof answer === 'string' ? undefined : answer;
    },
    2 * LIMIT,
  );
  await load.stop();
  // Eight at a time, 50 ms each: so many are in flight, whatever their number.
  expect(result.coveredSeconds).toBeGreaterThanOrEqual(60);
  expect(result.coveredSeconds).toBeLessThan(result.seconds);
  expect(result.serviceSeconds).toBeGreaterThan(0.045);
  expect(result.proposed.mostReplicas).toBeGreaterThan(1);
  expect(result.proposed.replicaHours).toBeGreaterThan(result.inForce!.replicaHours);
  expect(result.recorded!.replicaHours).toBeGreaterThan(0);
  expect(result.sentence).toMatch(
    /^With this policy the 5 minutes to .+ would have cost .+; what really ran was .+\.$/,
  );
});
