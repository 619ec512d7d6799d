import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '../../../test/support/eventually.ts';
import { after, type Backend } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, load } from './testing/client.ts';

describe('taking instances out', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start()));
  afterEach(() => bed.close());

  test('sends a draining instance nothing more once that is acknowledged, and reports it until it is idle', async () => {
    const finish: (() => void)[] = [];
    const slow = await bed.backend((_request, response) => finish.push(() => response.end('slow')));
    const other = await bed.backend(after(0, 'other'));
    await bed.apply([{ instance: 'slow', port: slow.port }]);
    const held = ask(bed.port);
    await eventually('the request to be there', () => slow.requests === 1);
    const members = [
      { instance: 'slow', port: slow.port, state: 'draining' as const },
      { instance: 'other', port: other.port },
    ];
    await bed.apply(members);
    for (let index = 0; index < 20; index++) expect((await ask(bed.port)).body).toBe('other');
    expect(slow.requests).toBe(1);
    await eventually('the agent to hear of it', () => bed.agent.demand('web')?.instances.slow?.inFlight === 1);
    finish[0]!();
    expect((await held).body).toBe('slow');
    await eventually('the agent to hear of it', () => bed.agent.demand('web')?.instances.slow?.inFlight === 0);
    await bed.apply([{ instance: 'other', port: other.port }]);
    // Its last counts stay in the reports for a while, should one get lost.
    expect(bed.balancer.report().web?.instances.slow).toMatchObject({ completions: 1, failures: 0 });
  });

  test('loses nothing when an instance is removed with requests in flight', async () => {
    const finish: (() => void)[] = [];
    const slow = await bed.backend((_request, response) => finish.push(() => response.end('slow')));
    await bed.apply([{ instance: 'slow', port: slow.port }]);
    const held = ask(bed.port, { method: 'POST', body: 'x' });
    await eventually('the request to be there', () => slow.requests === 1);
    await bed.apply([]);
    finish[0]!();
    expect(await held).toMatchObject({ status: 200, body: 'slow' });
    expect(await bed.settled(1)).toMatchObject({ completions: [0, 1, 0, 0, 0], failures: 0 });
  });

  test('loses not one request while every instance is replaced under load, and counts each of them', async () => {
    let members: { instance: string; port: number; backend: Backend }[] = [];
    const add = async (name: string) => {
      const backend = await bed.backend(after(3));
      members.push({ instance: name, port: backend.port, backend });
    };
    await Promise.all(['a0', 'b0', 'c0'].map(add));
    const rest = { concurrency: 4 };
    await bed.apply(members, rest);
    const running = load(bed.port, 16, { method: 'POST', body: 'not to be sent twice' });
    for (let round = 1; round <= 3; round++) {
      for (const gone of [...members]) {
        const progress = running.progress();
        await eventually('some load', () => running.progress() > progress + 20);
        await add(`${gone.instance[0]}${round}`);
        await bed.apply(
          members.map((member) => ({
            ...member,
            state: member === gone ? ('draining' as const) : ('active' as const),
          })),
          rest,
        );
        const { instance } = gone;
        await eventually('it to be idle', () => bed.balancer.report().web?.instances[instance]?.inFlight === 0);
        // As a provider does it: the process ends, and only then does the member disappear.
        await gone.backend.close();
        members = members.filter((member) => member !== gone);
        await bed.apply(members, rest);
      }
    }
    const { statuses, broken, total } = await running.stop();
    expect({ statuses, broken }).toEqual({ statuses: { 200: total }, broken: [] });
    const demand = await bed.settled(total);
    expect(demand).toMatchObject({ completions: [0, total, 0, 0, 0], failures: 0, sheds: 0, abandoned: 0 });
    const instances = Object.values(demand.instances);
    expect(instances).toHaveLength(12);
    expect(instances.reduce((sum, { completions }) => sum + completions, 0)).toBe(total);
    expect(bed.agent.problems).toEqual([]);
  });
});

describe('stopping the balancer', () => {
  test('lets requests in flight end, asks clients to leave, takes no new ones', async () => {
    const bed = await Bed.start();
    const finish: (() => void)[] = [];
    const backend = await bed.backend((_request, response) => finish.push(() => response.end('done')));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const held = ask(bed.port, { headers: { connection: 'keep-alive' } });
    await eventually('the request to be there', () => backend.requests === 1);
    const closed = bed.balancer.close();
    await expect(ask(bed.port)).rejects.toThrow('ECONNREFUSED');
    finish[0]!();
    expect(await held).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
    await closed;
    await eventually('the last report', () => bed.agent.demand('web')?.completions[1] === 1);
    await bed.close();
  });

  test('answers what was on its way on a connection that is open, and closes those that stay silent', async () => {
    const bed = await Bed.start({ LB_DRAIN_SECONDS: '600', LB_HEADER_SECONDS: '600' });
    const backend = await bed.backend((_request, response) => response.end('done'));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const silent = connect(bed.port, '127.0.0.1').resume();
    const ended = once(silent, 'close');
    const asking = () => ask(bed.port, { agent, headers: { connection: 'keep-alive' } });
    try {
      expect(await asking()).toMatchObject({ body: 'done', headers: { connection: 'keep-alive' } });
      if (silent.connecting) await once(silent, 'connect');
      const closed = bed.balancer.close();
      await expect(ask(bed.port)).rejects.toThrow('ECONNREFUSED');
      expect(await asking()).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
      await Promise.all([closed, ended]);
    } finally {
      agent.destroy();
      silent.destroy();
      await bed.close();
    }
  });

  test('cuts off what takes longer than it may', async () => {
    const bed = await Bed.start({ LB_DRAIN_SECONDS: '0.1' });
    const backend = await bed.backend(() => undefined);
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const held = ask(bed.port);
    await eventually('the request to be there', () => backend.requests === 1);
    await Promise.all([expect(held).rejects.toThrow(), bed.balancer.close()]);
    expect(bed.balancer.report().web).toMatchObject({ abandoned: 1, inFlight: 0 });
    await bed.close();
  });

  test('is what the agent may ask for', async () => {
    const bed = await Bed.start();
    bed.agent.send({ type: 'drain' });
    await eventually('the balancer to be asked', () => bed.drainAsked === 1);
    await bed.close();
  });
});
