/** The log of an application in a real browser: what a running application prints, followed, searched, read and saved. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { screenshot, TestBrowser, violations, type Visit, type Visitor } from './harness/browser.ts';
import { startSite, type Site } from './harness/site.ts';
import { print, TALKER } from './harness/talker.ts';

jest.setTimeout(180_000);

let site: Site;
let browser: TestBrowser;
/** So that each test has lines of its own. */
let round = 0;
let mark: string;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite({}, TALKER), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});
beforeEach(() => {
  round += 1;
  mark = `round-${round}`;
});

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${mark} line ${from + index}`);
const say = (lines: readonly string[]): Promise<void> => print(site.url, lines);
const rows = ({ page }: Visitor) => page.locator('.log-rows .log-row');
/** Of the lines; places where lines are missing are in every answer. */
const texts = (visitor: Visitor): Promise<string[]> => rows(visitor).locator('.log-text').allTextContents();
/** The first row with a text. */
const row = (visitor: Visitor, text: string) => rows(visitor).filter({ hasText: text }).first();
const log = ({ page }: Visitor) => page.getByRole('log', { name: 'Lines' });
const follow = ({ page }: Visitor) => page.getByRole('button', { name: /^Follow/ });

const noLine = ({ page }: Visitor) => page.getByText('No line that is kept is so');

async function open(search: string, visit: Visit = {}): Promise<Visitor> {
  const visitor = await browser.visit(site.platform, visit);
  await visitor.page.goto(`/logs/shop${search}`);
  await log(visitor).waitFor();
  return visitor;
}

/** Waits until a line is there. */
async function has(visitor: Visitor, text: string): Promise<void> {
  await row(visitor, text).waitFor();
}

describe('following', () => {
  test('shows what is written as it is written, and stays at the newest line', async () => {
    await using visitor = await open('');
    await say(numbered(1, 200));
    await has(visitor, `${mark} line 200`);
    await say([`${mark} at last`]);
    await has(visitor, `${mark} at last`);
    const below = await log(visitor).evaluate(
      ({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop,
    );
    expect(below).toBeLessThan(2);
    // However many there are, rows are there for those in view.
    expect(await rows(visitor).count()).toBeLessThan(100);
    expect(visitor.complaints).toEqual([]);
  });

  test('leaves alone what is read, counts what waits, and shows it when it is asked to', async () => {
    await say(numbered(1, 300));
    await using visitor = await open(`?text=${mark}`);
    await has(visitor, `${mark} line 300`);
    await log(visitor).hover();
    await visitor.page.mouse.wheel(0, -1500);
    await follow(visitor).and(visitor.page.locator('[aria-pressed="false"]')).waitFor();
    const read = () => topRow(visitor);
    const before = await read();
    await say(numbered(301, 341));
    await visitor.page.getByRole('button', { name: '41 new lines: show' }).waitFor();
    expect(await read()).toEqual(before);
    await visitor.page.getByRole('button', { name: '41 new lines: show' }).click();
    await has(visitor, `${mark} line 341`);
  });

  test('is ended and begun by the key f, and by End', async () => {
    await say(numbered(1, 100));
    await using visitor = await open('');
    await has(visitor, `${mark} line 100`);
    await visitor.page.keyboard.press('f');
    await visitor.page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
    await visitor.page.keyboard.press('f');
    await visitor.page.getByRole('button', { name: 'Following' }).waitFor();
    await log(visitor).press('ArrowUp');
    await visitor.page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
    await visitor.page.keyboard.press('End');
    await visitor.page.getByRole('button', { name: 'Following' }).waitFor();
  });

  test('goes on after a lost connection without a gap and without a double', async () => {
    await using proxy = await FaultyProxy.to(new URL(site.platform.url));
    await using visitor = await browser.visit(site.platform);
    // The cookie is the host's, whatever its port.
    await visitor.page.goto(`http://127.0.0.1:${proxy.port}/logs/shop?text=${mark}`);
    await say(numbered(1, 5));
    await has(visitor, `${mark} line 5`);
    for (const from of [6, 11, 16]) {
      proxy.cut();
      await say(numbered(from, from + 4));
      await has(visitor, `${mark} line ${from + 4}`);
    }
    expect(await texts(visitor)).toEqual(numbered(1, 20));
  });
});

describe('what an application prints', () => {
  test('is text, whatever it is, and neither runs nor hides nor reorders anything', async () => {
    await using visitor = await open(`?text=${mark}`);
    await say([
      `${mark} <img src=x onerror="globalThis.owned = true"><script>globalThis.owned = true</script>`,
      `${mark} \u001b]0;owned\u0007\u001b[2J\u001b[8mhidden\u001b[0m \u001b[30;40mblack on black\u001b[0m`,
      `${mark} invoice\u202efdp.exe`,
      `${mark} ${'x'.repeat(5_000)}`,
    ]);
    await has(visitor, 'show all');
    const [html, ansi, bidi, long] = await texts(visitor);
    expect(html).toBe(`${mark} <img src=x onerror="globalThis.owned = true"><script>globalThis.owned = true</script>`);
    expect(ansi).toBe(`${mark} hidden black on black`);
    expect(bidi).toBe(`${mark} invoice⟨U+202E⟩fdp.exe`);
    expect(long!.length).toBeLessThan(2_100);
    expect(await visitor.page.evaluate(() => 'owned' in globalThis)).toBe(false);
    expect(await visitor.page.title()).toContain('Logs of shop');
    await visitor.page.getByRole('button', { name: /show all \(5\.\d kB\)/ }).click();
    await eventually('the whole line is there', async () =>
      (await visitor.page.locator('.log-whole').textContent())?.includes('x'.repeat(5_000)),
    );
    await screenshot(visitor.page, 'logs-hostile');
    expect(visitor.complaints).toEqual([]);
  });

  test('has a place where lines are missing, with their number and the reason', async () => {
    await using visitor = await open('');
    await say(numbered(1, 3_000));
    const gap = rows(visitor).filter({ hasText: 'missing here: the instance wrote more than it may' });
    await gap.last().waitFor();
    expect(await gap.last().textContent()).toMatch(
      /[\d,]+ lines are missing here.*CARTWRIGHT_AGENT_LOG_LINES_PER_SECOND/,
    );
    await screenshot(visitor.page, 'logs-gap');
  });

  test('is opened to its fields where it is JSON', async () => {
    await using visitor = await open(`?text=${mark}`);
    await say([JSON.stringify({ msg: mark, user: { id: 7, roles: ['a'] } })]);
    await has(visitor, mark);
    await row(visitor, mark)
      .getByRole('button', { name: /Open line/ })
      .click();
    const tree = visitor.page.locator('.json-tree').first();
    await tree.getByText('user:').click();
    await tree.getByText('roles:').click();
    await tree.getByText('"a"').waitFor();
    expect((await tree.textContent())!.replace(/\s+/g, ' ')).toBe(`msg: "${mark}"user: {2}id: 7roles: [1]0: "a"`);
  });
});

describe('a filter', () => {
  test('is in the address, so that a link shows the same lines', async () => {
    await say([`${mark} apple`, `${mark} pear ERROR`, `${mark} plum 42 ms`]);
    await using visitor = await open('');
    await visitor.page.keyboard.press('/');
    await visitor.page.keyboard.type(`${mark} APPLE`);
    await visitor.page.waitForURL('**/logs/shop?text=*');
    await eventually('one line is left', async () => (await texts(visitor)).length === 1);
    expect(await texts(visitor)).toEqual([`${mark} apple`]);
    expect(await rows(visitor).locator('mark').allTextContents()).toEqual([`${mark} apple`]);

    await using other = await open(new URL(visitor.page.url()).search);
    await has(other, `${mark} apple`);
    expect(await texts(other)).toEqual([`${mark} apple`]);
  });

  test('can be an expression, and one that is none is refused where it is typed', async () => {
    await say([`${mark} took 42 ms`, `${mark} took 4200 ms`]);
    await using visitor = await open(`?pattern=${encodeURIComponent(`${mark} took [0-9]{4,} ms`)}`);
    await has(visitor, 'took 4200 ms');
    expect(await texts(visitor)).toEqual([`${mark} took 4200 ms`]);
    const find = visitor.page.getByRole('searchbox');
    await find.fill('took ([0-9');
    await find.press('Enter');
    await visitor.page.getByRole('alert').waitFor();
    expect(await find.getAttribute('aria-invalid')).toBe('true');
  });

  test('of level, stream and release narrows what is found and what comes', async () => {
    await using visitor = await open(`?text=${mark}&level=error&stream=stdout&release=1`);
    await say([`ERROR ${mark} bad`, `INFO ${mark} good`, `FATAL ${mark} worse`]);
    await has(visitor, `FATAL ${mark} worse`);
    expect(await texts(visitor)).toEqual([`ERROR ${mark} bad`, `FATAL ${mark} worse`]);
    await visitor.page.goto(`/logs/shop?text=${mark}&release=999`);
    await visitor.page.getByText('Here the log begins, as far as it is kept').or(noLine(visitor)).waitFor();
    expect(await texts(visitor)).toEqual([]);
    await visitor.page.goto('/logs/shop?from=2999-01-01T00:00:00Z');
    await noLine(visitor).waitFor();
  });
});

describe('a line', () => {
  test('has a link that shows what was around it', async () => {
    await say(numbered(1, 400));
    await using visitor = await open(`?text=${encodeURIComponent(`${mark} line 200`)}`);
    await has(visitor, `${mark} line 200`);
    await row(visitor, mark).locator('.log-time').click();
    await visitor.page.waitForURL(/[?&]line=\d+/);
    const sequence = new URL(visitor.page.url()).searchParams.get('line')!;

    await using other = await open(`?line=${sequence}`);
    await has(other, `${mark} line 200`);
    const at = other.page.locator(`.log-row[data-sequence="${sequence}"]`);
    expect(await at.getAttribute('aria-current')).toBe('true');
    const shown = await texts(other);
    expect(shown).toEqual(expect.arrayContaining(numbered(195, 205)));
    await other.page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
  });

  test('is gone to, chosen and copied by the keyboard', async () => {
    await say(numbered(1, 30));
    await using visitor = await open(`?text=${mark}`);
    await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await has(visitor, `${mark} line 30`);
    await log(visitor).press('ArrowUp');
    for (const key of ['ArrowUp', 'Shift+ArrowUp', 'Shift+ArrowUp', 'Control+c'])
      await visitor.page.keyboard.press(key);
    const clipboard = () =>
      visitor.page.evaluate(() =>
        (
          globalThis as unknown as { navigator: { clipboard: { readText(): Promise<string> } } }
        ).navigator.clipboard.readText(),
      );
    expect(await clipboard()).toBe(numbered(27, 29).join('\n'));
    await visitor.page.keyboard.press('Enter');
    await visitor.page.getByText('Sequence').waitFor();
  });
});

test('what is filtered is saved as a file', async () => {
  await say(numbered(1, 1_500).map((line) => `${line} ${'y'.repeat(20)}`));
  await using visitor = await open(`?text=${mark}`);
  await has(visitor, mark);
  await visitor.page.getByRole('button', { name: 'Save …' }).click();
  const download = visitor.page.waitForEvent('download');
  await visitor.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^shop-.*\.log$/);
  const saved = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n');
  const lines = saved.filter((line) => line.includes(mark));
  expect(lines.length).toBeGreaterThan(500);
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\S+Z web\/\w{6} .*line 1 y+$/);
  await visitor.page.getByText(/saved as shop-/).waitFor();
});

test.each(['light', 'dark'] as const)(
  'it has no fault of accessibility in %s colours, nor on a phone',
  async (theme) => {
    await say([`${mark} \u001b[34mblue\u001b[0m`, `ERROR ${mark} bad`, JSON.stringify({ mark, a: [1] })]);
    for (const width of [1_280, 390]) {
      await using visitor = await open(`?text=${mark}`, { theme, width });
      await has(visitor, `ERROR ${mark} bad`);
      await row(visitor, mark).locator('.log-open').click();
      await visitor.page.getByText('Sequence').waitFor();
      expect(await violations(visitor.page)).toEqual([]);
      await screenshot(visitor.page, `logs-${theme}-${width}`);
      expect(visitor.complaints).toEqual([]);
    }
  },
);

/** Of an element of the page, as much as is asked here. */
interface Part {
  readonly dataset: Readonly<Record<string, string>>;
  getBoundingClientRect(): { readonly top: number };
  querySelectorAll(selector: string): Iterable<Part>;
}

/** Sequence and place of the first row that begins within the view. */
function topRow(visitor: Visitor): Promise<(string | number)[]> {
  return log(visitor).evaluate((element) => {
    const list = element as unknown as Part;
    const { top } = list.getBoundingClientRect();
    for (const row of list.querySelectorAll('.log-rows > .log-row')) {
      const below = row.getBoundingClientRect().top - top;
      if (below >= 0) return [row.dataset.sequence!, Math.round(below)];
    }
    return [];
  });
}
