import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { after } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { load } from './testing/client.ts';

describe('an instance that answers', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start()));
  let running: ReturnType<typeof load> | undefined;
  afterEach(async () => {
    await running?.stop();
    await bed.close();
  });

  /** Instances that answer with these statuses at first; each can be changed. */
  async function instances(...statuses: number[]) {
    const backends = await Promise.all(
      statuses.map((_, index) =>
        bed.backend((request, response) => {
          request.resume();
          response.statusCode = statuses[index]!;
          setTimeout(() => response.end(), 1);
        }),
      ),
    );
    await bed.apply(
      backends.map(({ port }, index) => ({ instance: `i${index}`, port })),
      { slowStartSeconds: 0 },
    );
    return { backends, statuses };
  }
  const ejections = () => bed.balancer.report().web?.ejections;
  const said = () => bed.log.filter((line) => line.includes('instance ejected'));

  test('worse than the others is taken out, and taken back when it is well again', async () => {
    const { backends, statuses } = await instances(200, 500, 200);
    running = load(bed.port, 6);
    await eventually('it to be taken out', () => ejections() === 1);
    expect(said()[0]).toMatch(/"alias":"web","instance":"i1","cause":"outlier","seconds":5/);
    await eventually('nothing to be in flight there', () => bed.balancer.report().web?.instances.i1?.inFlight === 0);
    const asked = backends[1]!.requests;
    const progress = running.progress();
    await eventually('more load', () => running!.progress() > progress + 500);
    expect(backends[1]!.requests).toBe(asked);
    statuses[1] = 200;
    await eventually('it to be taken back', () => backends[1]!.requests > asked + 100, 20_000);
  }, 30_000);

  test('no worse than the others stays', async () => {
    const { backends } = await instances(500, 500, 500);
    running = load(bed.port, 6);
    await eventually('some load', () => running!.progress() > 300);
    expect(ejections()).toBe(0);
    for (const { requests } of backends) expect(requests).toBeGreaterThan(50);
  });

  test('badly stays when half of them are out already', async () => {
    const { backends, statuses } = await instances(200, 200, 200, 200);
    running = load(bed.port, 8);
    for (const index of [0, 1]) {
      statuses[index] = 500;
      await eventually('it to be taken out', () => ejections() === index + 1);
    }
    statuses[2] = 500;
    const before = backends.map(({ requests }) => requests);
    const progress = running.progress();
    await eventually('more load', () => running!.progress() > progress + 300);
    const since = backends.map(({ requests }, index) => requests - before[index]!);
    expect(since.filter((requests) => requests > 50)).toHaveLength(2);
  });

  test('for the first time gets less than its share for a while, and then all of it', async () => {
    const backends = await Promise.all([bed.backend(after(2)), bed.backend(after(2))]);
    const members = backends.map(({ port }, index) => ({ instance: `i${index}`, port }));
    await bed.apply(members, { slowStartSeconds: 2 });
    running = load(bed.port, 8);
    const joined = bed.balancer.uptimeSeconds;
    await eventually('the first ones to have their whole share', () => bed.balancer.uptimeSeconds > joined + 2);
    const young = await bed.backend(after(2));
    await bed.apply([...members, { instance: 'young', port: young.port }], { slowStartSeconds: 2 });
    const share = async (answers: number): Promise<number> => {
      const [progress, requests] = [running!.progress(), young.requests];
      await eventually('more load', () => running!.progress() > progress + answers);
      return (young.requests - requests) / (running!.progress() - progress);
    };
    expect(await share(100)).toBeLessThan(0.2);
    await eventually('its whole share', async () => (await share(100)) > 0.3);
  });
});
