import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { MAX_LINE_BYTES } from '../../../schema/local/load-balancer.ts';
import { TestAgent, topology } from './testing/agent.ts';
import { after } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, load } from './testing/client.ts';

describe('the balancer and its agent', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start({ LB_ACCESS_LOG: '1' })));
  afterEach(() => bed.close());

  test('it serves while its agent is away, connects again, and is told its topologies again', async () => {
    const backend = await bed.backend(after(1));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const running = load(bed.port, 4);
    await bed.agent.close();
    await eventually('some load', () => running.progress() > 200);
    const again = await new TestAgent(bed.agent.path).listen();
    again.topology('web', topology(7, [{ instance: 'a', port: backend.port }]));
    await eventually('the topology to be applied', () => again.isApplied('web', 7));
    const { statuses, total } = await running.stop();
    expect(statuses).toEqual({ 200: total });
    await eventually('a report with all that was counted meanwhile', () => again.demand('web')?.arrivals === total);
    await again.close();
  });

  test('it passes over a topology that is older than the one in force, and says which that is', async () => {
    const backend = await bed.backend(after(0));
    bed.agent.topology('web', topology(5, [{ instance: 'a', port: backend.port }]));
    await eventually('it to be applied', () => bed.agent.isApplied('web', 5));
    bed.agent.topology('web', topology(4, []));
    await eventually('an answer', () => bed.agent.hasHeard('applied').length === 2);
    expect(bed.agent.hasHeard('applied')[1]).toMatchObject({ generation: 5 });
    expect(await ask(bed.port)).toMatchObject({ status: 200 });
    bed.agent.topology('web', topology(1, [], { epoch: 2, routes: [] }));
    await eventually('it to be applied', () => bed.agent.isApplied('web', 1));
    expect(await ask(bed.port)).toMatchObject({ status: 404 });
    bed.agent.topology('web', topology(0, [{ instance: 'a', port: backend.port }], { uid: 'another' }));
    await eventually('it to be applied', () => bed.agent.isApplied('web', 0));
    expect(await ask(bed.port)).toMatchObject({ status: 200 });
  });

  test('it forgets the aliases that a list does not name, and goes on past messages that it does not know', async () => {
    const backend = await bed.backend(after(0));
    const members = [{ instance: 'a', port: backend.port }];
    bed.agent.topology('web', topology(1, members));
    bed.agent.topology('old', topology(1, members, { uid: 'old', routes: [{ path: '/old' }] }));
    await eventually('both to be applied', () => bed.agent.isApplied('web', 1) && bed.agent.isApplied('old', 1));
    bed.agent.sendRaw('{"type":"from-the-future","x":1}\n');
    bed.agent.send({ type: 'aliases', aliases: ['lb', 'old'] });
    await eventually('404', async () => (await ask(bed.port)).status === 404);
    expect(await ask(bed.port, { path: '/old' })).toMatchObject({ status: 200 });
  });

  test('it reports every second what exactly happened', async () => {
    const backend = await bed.backend((request, response) => {
      request.resume();
      response.statusCode = Number(request.url?.slice(1));
      setTimeout(() => response.end('12345'), 2);
    });
    await bed.apply([{ instance: 'a', port: backend.port }], { concurrency: 3 });
    const wanted = [200, 201, 302, 404, 500, 503];
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        ask(bed.port, { method: 'POST', body: 'abc', path: `/${wanted[index % wanted.length]}` }),
      ),
    );
    expect(answers).toHaveLength(120);
    const demand = await eventually('the report of it all', () => {
      const reported = bed.agent.demand('web');
      return reported?.arrivals === 120 && reported.inFlight + reported.queued === 0 ? reported : undefined;
    });
    expect(demand).toMatchObject({
      completions: [0, 40, 20, 20, 40],
      ...{ sheds: 0, failures: 0, abandoned: 0, bytesIn: 360, bytesOut: 600 },
      instances: { a: { inFlight: 0, completions: 120, failures: 0 } },
    });
    expect(demand.latency.reduce((sum, count) => sum + count, 0)).toBe(120);
    // All completed, none failed: what was in flight, added up over time, is the time that they were served.
    expect(demand.inFlightSeconds - demand.queuedSeconds).toBeCloseTo(demand.serviceSeconds, 6);
    expect(demand.instances.a?.inFlightSeconds).toBeCloseTo(demand.serviceSeconds, 6);
    const uptimes = bed.agent.hasHeard('demand').map(({ uptimeSeconds }) => uptimeSeconds);
    await eventually('two more reports', () => bed.agent.hasHeard('demand').length >= uptimes.length + 2);
    const [before, last] = bed.agent.hasHeard('demand').slice(-2);
    expect(last!.uptimeSeconds - before!.uptimeSeconds).toBeCloseTo(1, 0);
    expect(last!.targets.web).toEqual(before!.targets.web);
    expect(bed.agent.problems).toEqual([]);
  });

  test('it writes a line for each request when asked, without the query', async () => {
    const backend = await bed.backend(after(0));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    await ask(bed.port, { path: '/x?token=secret', headers: { 'x-request-id': 'id-1', host: 'h' } });
    const line = await eventually('the line', () => bed.accessLines[0]);
    expect(JSON.parse(line)).toMatchObject({
      ...{ requestId: 'id-1', alias: 'web', instance: 'a', client: '127.0.0.1', method: 'GET', host: 'h', path: '/x' },
      ...{ status: 200, outcome: 'completed', bytesOut: 2, retries: 0 },
    });
    expect(line).not.toContain('secret');
  });

  test('it survives whatever comes through the socket, and says so', async () => {
    const backend = await bed.backend(after(0));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    bed.agent.sendRaw('no json\n{}\n[]\nnull\n{"type":"topology","alias":"web","document":{"v":99}}\n\n');
    bed.agent.sendRaw('{"type":"removed","alias":"__proto__"}\n');
    bed.agent.sendRaw('x'.repeat(MAX_LINE_BYTES + 1));
    await eventually('it to say hello again', () => bed.agent.hasHeard('hello').length === 2);
    expect(await ask(bed.port)).toMatchObject({ status: 200 });
    expect(bed.log.some((line) => line.includes('unreadable message'))).toBe(true);
  });
});
