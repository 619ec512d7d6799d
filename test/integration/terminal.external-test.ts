/**
 * The live commands on a real terminal, against a whole control plane: what is shown, and that the terminal is left as it was found,
 * however they end.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Terminal } from '../support/terminal.ts';

jest.setTimeout(180_000);
const LIMIT = 60_000;
const BIN = join(PRESENT, 'dist/control-plane/cli/bin.js');

let platform: Platform;
let terminal: Terminal;

beforeAll(async () => {
  platform = await Platform.start();
  const folder = join(platform.directory, 'site');
  await mkdir(folder);
  await writeFile(join(folder, 'index.html'), 'hello\n');
  await using shell = await Terminal.open({ columns: 100, rows: 30, environment: environment() });
  await shell.run(`cartwright deploy ${folder}`);
  await eventually('the site', async () => (await shell.text()).includes('http://'), LIMIT);
  expect(await shell.left()).toBe(0);
});
afterAll(() => platform[Symbol.asyncDispose]());

beforeEach(async () => {
  terminal = await Terminal.open({ columns: 120, rows: 20, environment: environment() });
});
afterEach(() => terminal[Symbol.asyncDispose]());

/** With `cartwright` as a function of the shell. */
function environment(): NodeJS.ProcessEnv {
  return {
    ...platform.environment,
    LANG: 'C.UTF-8',
    'BASH_FUNC_cartwright%%': `() { ${process.execPath} ${BIN} "$@"; }`,
  };
}

const shows = (text: string) =>
  eventually(text, async () => (await terminal.text()).includes(text), LIMIT).catch(async (error: unknown) => {
    throw new Error(`it shows:\n${await terminal.text()}`, { cause: error });
  });

describe('top', () => {
  test('shows the service clusters, takes keys, and fits a terminal that becomes narrow', async () => {
    await terminal.run('cartwright top');
    await shows('site/web');
    await shows('site/lb');
    expect(await terminal.isTaken()).toBe(true);
    const [heading, titles] = await terminal.screen();
    expect(heading).toBe(`${platform.url}: 2 service clusters by load`);
    expect(titles).toContain('CAPACITY');
    await terminal.press('/', 'l', 'b', 'Enter');
    await shows('1 of 2 service clusters');
    expect(await terminal.text()).not.toContain('site/web');
    await terminal.press('Escape');
    await shows('site/web');
    await terminal.press('s', 's');
    await shows('by requests');
    await terminal.resize(40, 8);
    await eventually('the narrow table', async () => !(await terminal.text()).includes('CAPACITY'));
    const narrow = await terminal.screen();
    expect(narrow.length).toBeLessThanOrEqual(9);
    expect(narrow[1]).toMatch(/^SERVICE CLUSTER .*ACTIVE/);
    await terminal.press('q');
    expect(await terminal.left()).toBe(0);
  });

  test('of a service cluster shows its instances with the age of their samples', async () => {
    await terminal.run('cartwright top site/web');
    await eventually('a sample', async () => /^\S{6} +active .* \d+\.\d s /m.test(await terminal.text()), LIMIT);
    await terminal.press('C-c');
    expect(await terminal.left()).toBe(130);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('a %s leaves the terminal as it was', async (signal) => {
    const file = join(platform.directory, 'pid');
    await terminal.run(`sh -c 'echo $$ > ${file}; exec ${process.execPath} ${BIN} top -a site'`);
    await shows('site/web');
    process.kill(Number(await readFile(file, 'utf8')), signal);
    expect(await terminal.left()).toBe(130);
  });

  test('a defect leaves the terminal as it was, and its trace can be read', async () => {
    const file = join(platform.directory, 'defect.mjs');
    await writeFile(file, "setTimeout(() => { throw new Error('a defect'); }, 4000);");
    await terminal.run(`NODE_OPTIONS=--import=${file} cartwright top`);
    await shows('site/web');
    await shows('Error: a defect');
    expect(await terminal.left()).not.toBe(0);
  });
});

test('a watched list changes in place, and what was shown last stays', async () => {
  await terminal.run('cartwright get clusters -a site -w');
  await shows('web');
  await platform.ask('mutation ($input: PauseInput!) { pause(input: $input) { userErrors { message } } }', {
    input: { ref: { application: 'site', alias: 'web' }, reason: 'trial' },
  });
  await shows('paused');
  expect((await terminal.text()).match(/APPLICATION/g)).toHaveLength(1);
  await terminal.press('C-c');
  expect(await terminal.left()).toBe(130);
  expect(await terminal.text()).toContain('paused');
});

test.each([
  ['C.UTF-8', /─|⠶/],
  ['C', /\+-{20}/],
])('a forecast is drawn in the characters of the locale %s, as large as the terminal', async (locale, characters) => {
  await terminal.run(`LC_ALL=${locale} cartwright forecast site/web --watch`);
  await shows('at target');
  await shows('now');
  expect(await terminal.text()).toMatch(characters);
  await terminal.resize(50, 12);
  await eventually('the small plot', async () => {
    const screen = await terminal.screen();
    return screen.filter((line) => line !== '').length <= 12 && screen.some((line) => line.includes('at target'));
  });
  await terminal.press('C-c');
  expect(await terminal.left()).toBe(130);
});
