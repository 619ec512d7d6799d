import { describe, expect, test } from '@jest/globals';
import { textWidth } from '../output/width.ts';
import type { ClusterRow } from './rows.ts';
import { CLUSTERS, INSTANCES } from './table.ts';
import { drawTop, EMPTY_VIEW, ordered, pressed, type Key, type TopView } from './view.ts';

const row = (name: string, observed: number | null, more: Partial<ClusterRow> = {}): ClusterRow => ({
  ...{ uid: name, name, wanted: 2, active: 2, starting: 0, faulty: 0, requestsPerSecond: 5, queued: 0 },
  ...{ release: '1', control: '-', attention: [] },
  factor: { name: 'loadAverage', observed, capacity: 100, predicted: 90, horizonSeconds: 30 },
  ...more,
});
const ROWS = [
  row('shop/web', 40),
  row('shop/api', 120, { faulty: 1, attention: ['an instance is broken and is being replaced'] }),
  row('blog/web', 85, { control: 'paused' }),
  row('idle/web', 0, { factor: null }),
];
const VIEW: TopView<ClusterRow> = { ...EMPTY_VIEW, rows: ROWS };

const names = (view: TopView<ClusterRow>): string[] => ordered(view, CLUSTERS).map(({ name }) => name);
/** A name of a key, or letters. */
const press = (view: TopView<ClusterRow>, ...keys: (string | Key)[]): TopView<ClusterRow> =>
  keys.reduce<TopView<ClusterRow>>((before, key) => {
    const next = pressed(before, CLUSTERS, typeof key === 'string' ? { text: key, name: nameOf(key) } : key, 2);
    if (next === 'quit') throw new Error('quitted');
    return next;
  }, view);
/** As node:readline names letters. */
const nameOf = (text: string): string | undefined => (/[a-z]/i.test(text) ? text.toLowerCase() : undefined);
const drawn = (view: TopView<ClusterRow>, columns: number, rows: number): string[] =>
  drawTop(view, CLUSTERS, 'acme', { room: { columns, rows }, now: 0 }).map(({ parts }) =>
    parts
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

describe('the screen', () => {
  test('shows the service clusters by their load, the largest first', () => {
    expect(drawn(VIEW, 142, 10)).toEqual([
      'acme: 4 service clusters by load',
      'SERVICE CLUSTER   LOAD  AHEAD  FACTOR       DEMAND  CAPACITY  ACTIVE  STARTING  FAULTY  REQUESTS/S  QUEUED  RELEASE  CONTROL  NEEDS A PERSON',
      'shop/api         120 %   90 %  loadAverage     120       100     2/2         0       1           5       0  1        -        an instance is…',
      'blog/web          85 %   90 %  loadAverage      85       100     2/2         0       0           5       0  1        paused',
      'shop/web          40 %   90 %  loadAverage      40       100     2/2         0       0           5       0  1        -',
      'idle/web             -      -  -                 -         -     2/2         0       0           5       0  1        -',
      'q quit  ↑↓ move  s order  / filter',
    ]);
  });

  test('leaves columns out where there is no room for them, and then cuts', () => {
    expect(drawn(VIEW, 50, 10)[1]).toBe('SERVICE CLUSTER   LOAD  AHEAD  ACTIVE  REQUESTS/S');
    expect(drawn(VIEW, 40, 10)[1]).toBe('SERVICE CLUSTER   LOAD  ACTIVE');
    expect(drawn(VIEW, 20, 10)).toContainEqual('shop/api         120');
    for (const line of drawn(VIEW, 12, 10)) expect(line.length).toBeLessThanOrEqual(12);
  });

  test('counts the columns that wide characters take', () => {
    const view = { ...VIEW, rows: [{ ...row('shop/api', 120), attention: ['実行できません、理由は不明です'] }] };
    for (const columns of [40, 142, 146, 147, 160])
      for (const line of drawn(view, columns, 10)) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    expect(drawn(view, 143, 10)[2]).toContain('実行できません、…');
  });

  test('is never higher than the terminal, and says which part of the rows it shows', () => {
    for (let rows = 1; rows < 10; rows += 1) expect(drawn(VIEW, 80, rows).length).toBeLessThanOrEqual(rows);
    expect(drawn(VIEW, 80, 5).at(-1)).toMatch(/^1–2 of 4 {2}q quit/);
    expect(drawn({ ...VIEW, top: 99 }, 80, 5).at(-1)).toMatch(/^3–4 of 4/);
  });

  test('tells load by its tone', () => {
    const tones = drawTop(VIEW, CLUSTERS, '', { room: { columns: 80, rows: 10 }, now: 0 }).map(
      ({ parts }) => parts[1]?.tone,
    );
    expect(tones).toEqual([undefined, undefined, 'bad', 'warning', 'good', undefined, undefined]);
  });

  test('says before the first rows came that there are none yet', () => {
    expect(drawn({ ...EMPTY_VIEW }, 80, 10)[0]).toBe('acme: nothing is known yet');
  });

  test('shows nothing that could steer the terminal', () => {
    expect(drawn({ ...VIEW, rows: [row('a\u001b[2J', 1)], filter: '' }, 80, 5)[2]).toContain('a\\x1b[2J');
  });
});

describe('keys', () => {
  test('s takes the next order, and after the last the first again', () => {
    expect(names(VIEW)).toEqual(['shop/api', 'blog/web', 'shop/web', 'idle/web']);
    expect(names(press(VIEW, 's', 's', 's', 's'))).toEqual(['blog/web', 'idle/web', 'shop/api', 'shop/web']);
    expect(names(press(VIEW, 's', 's', 's', 's', 's'))).toEqual(names(VIEW));
  });

  test('/ filters while one types, Enter keeps it, Esc clears it', () => {
    const typing = press(VIEW, '/', 's', 'h', 'q');
    expect(drawn(typing, 80, 10).at(-1)).toMatch(/^\/shq█/);
    const kept = press(typing, { name: 'backspace' }, 'o', { name: 'return', text: '\r' });
    expect(names(kept)).toEqual(['shop/api', 'shop/web']);
    expect(drawn(kept, 80, 10)[0]).toBe('acme: 2 of 4 service clusters by load');
    expect(names(press(kept, { name: 'escape', text: '\u001b' }))).toHaveLength(4);
    expect(names(press(VIEW, '/', ...'PAUSED'))).toEqual(['blog/web']);
  });

  test('arrows, j and k move, and the rows follow', () => {
    const selected = (view: TopView<ClusterRow>) => ({ row: view.selected, top: view.top });
    expect(selected(press(VIEW, 'j'))).toEqual({ row: 'shop/api', top: 0 });
    expect(selected(press(VIEW, 'j', { name: 'down' }, 'j'))).toEqual({ row: 'shop/web', top: 1 });
    expect(selected(press(VIEW, 'G'))).toEqual({ row: 'idle/web', top: 2 });
    expect(selected(press(VIEW, 'G', 'k', 'k', 'k', { name: 'up' }))).toEqual({ row: 'shop/api', top: 0 });
    expect(selected(press(VIEW, 'G', 'g'))).toEqual({ row: 'shop/api', top: 0 });
    expect(press({ ...VIEW, rows: [] }, 'j').selected).toBeNull();
  });

  test('what is selected stays so when the rows change their order', () => {
    const view = press(VIEW, 'j');
    const later = { ...view, rows: [row('shop/api', 1), row('shop/web', 40)] };
    const lines = drawTop(later, CLUSTERS, '', { room: { columns: 80, rows: 10 }, now: 0 });
    expect(lines.findIndex(({ isSelected }) => isSelected)).toBe(3);
  });

  test('q quits, but not while one types', () => {
    expect(pressed(VIEW, CLUSTERS, { name: 'q', text: 'q' }, 2)).toBe('quit');
    expect(pressed({ ...VIEW, isTyping: true }, CLUSTERS, { name: 'q', text: 'q' }, 2)).toMatchObject({ filter: 'q' });
  });

  test('a key without a meaning changes nothing', () => {
    for (const key of ['x', '\u0001', 'constructor']) expect(press(VIEW, key)).toBe(VIEW);
    expect(press(VIEW, '/', { name: 'f5' }, '\u0007')).toMatchObject({ filter: '' });
  });
});

test('the sample of an instance grows older while none comes', () => {
  const instance = {
    ...{ uid: '01instance00000001', state: 'active', release: '3', loadAverage: 50, memory: 12, memoryBytes: 1e6 },
    ...{ requestsInFlight: 2, sampleAgeSeconds: 0.4, activeAt: null, reason: null },
  };
  const [, , line] = drawTop({ ...EMPTY_VIEW, rows: [instance], at: 1000 }, INSTANCES, '', {
    room: { columns: 120, rows: 10 },
    now: 4000,
  });
  expect(line?.parts.map(({ text }) => text.trim())).toContain('3.4 s');
});
