import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { busPath, gutterWidth, overlap, routeLinks } from './connectors.ts';
import type { Link } from './topology.ts';

describe('lines between lanes', () => {
  test('of one kind from one lane share a track', () => {
    const [bus, ...others] = routeLinks([
      { kind: 'requests', from: 0, to: 1 },
      { kind: 'requests', from: 0, to: 2 },
    ]);
    expect(others).toEqual([]);
    expect(bus).toEqual({ kind: 'requests', from: 0, to: [1, 2], track: 0 });
  });

  test('that overlap have tracks of their own, the short one nearest to the lanes', () => {
    const buses = routeLinks([
      { kind: 'requests', from: 0, to: 3 },
      { kind: 'starts-after', from: 1, to: 2 },
    ]);
    expect(buses.map(({ kind, track }) => [kind, track])).toEqual([
      ['starts-after', 0],
      ['requests', 1],
    ]);
  });

  const link = fc.record<Link>({
    kind: fc.constantFrom('requests', 'starts-after', 'scales-with'),
    from: fc.nat(12),
    to: fc.nat(12),
  });

  test('never overlap on a track, and none is lost', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 30 }), (links) => {
        const buses = routeLinks(links);
        buses.forEach((a, index) => {
          for (const b of buses.slice(index + 1)) expect(a.track === b.track && overlap(a, b)).toBe(false);
        });
        for (const { kind, from, to } of links)
          expect(buses.some((bus) => bus.kind === kind && bus.from === from && bus.to.includes(to))).toBe(true);
      }),
    );
  });

  test('stay between the edge of the picture and the lanes', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 30 }), (links) => {
        const buses = routeLinks(links);
        const right = gutterWidth(buses);
        for (const bus of buses)
          for (const [, x] of busPath(bus, [], right).matchAll(/H(-?[\d.]+)/g)) {
            expect(Number(x)).toBeGreaterThanOrEqual(0);
            expect(Number(x)).toBeLessThan(right);
          }
      }),
    );
  });

  test('go out, along and back in, with an arrow where they lead', () => {
    const [bus] = routeLinks([{ kind: 'requests', from: 0, to: 1 }]);
    expect(busPath(bus!, [20, 60], 28)).toBe('M28 20H7V60H27m-5 -5l5 5l-5 5');
  });
});
