/** The cartridge `tomcat`, on the machine's own Java, Tomcat and Maven; where it lacks them, what is said of that. */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CARTRIDGES, CartridgeTrial, ended } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { whyUnusable } from '../support/runtime.ts';
import { zipOf } from '../support/zip.ts';

const LACK = await whyUnusable('tomcat');
const SAMPLE = join(CARTRIDGES, 'tomcat/sample');
/** Half the work at a start; nothing here runs for long. */
const QUICK = { JAVA_OPTS: '-XX:TieredStopAtLevel=1' };
const LIMIT = 60_000;

let trial: CartridgeTrial;
beforeEach(async () => void (trial = await CartridgeTrial.create('tomcat')));
afterEach(() => trial[Symbol.asyncDispose]());

const write = (files: Readonly<Record<string, string>>): Promise<void> => trial.write(files);
/** A search path with the usual programs of this machine, and none of Java's. */
const bareMachine = (): Promise<string> => trial.searchPathWith(['sh', 'dirname']);

async function started(environment: Record<string, string> = {}) {
  const run = await trial.start(trial.source, { ...QUICK, ...environment });
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(run.url + path, { headers: { connection: 'close', ...headers } });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, fields: () => JSON.parse(text) as unknown };
  };
  await eventually('it serves', async () => (await get('/request.jsp')).status > 0, LIMIT);
  return { ...run, get };
}

describe('a machine without Java', () => {
  test('is told what to install, in one sentence', async () => {
    const path = await bareMachine();
    expect(await whyUnusable('tomcat', path)).toMatch(
      /^the cartridge tomcat cannot be used on this machine, which lacks java 11 or newer \(runs Tomcat\)( and \/usr\/share\/tomcat10\/lib\/catalina\.jar \(serves the application\))?( and \/usr\/share\/tomcat10\/etc\/web\.xml \(what it does with files and pages\))?: install Java 11 or newer and Tomcat 10 \(Debian, apt-get install default-jre-headless tomcat10\)$/,
    );
    await trial.takeSample();
    const { child, output } = await trial.start(trial.source, { PATH: path });
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(/^tomcat: java is not on the search path of this machine: install it [^\n]*\n$/);
  });

  test('without Maven takes a WAR that is there, and says what to do about a project that has none', async () => {
    const path = await bareMachine();
    await write({ 'pom.xml': '<project/>' });
    await expect(trial.build({}, { path })).rejects.toThrow(
      /tomcat: there is a pom.xml and no WAR, and mvn is not on the search path of this machine: install it \(Debian, apt-get install maven\), or put the WAR into the source$/,
    );
    await write({ 'target/shop.war': '' });
    expect(await trial.build({}, { path })).toEqual([
      expect.stringMatching(/^tomcat: the web application is taken as it is, because mvn is not on the search path/),
    ]);
  });
});

describe('a source', () => {
  const chosen = (environment: Record<string, string> = {}): string =>
    execFileSync(join(CARTRIDGES, 'tomcat/lib/web-application'), {
      cwd: trial.source,
      env: { PATH: process.env.PATH, ...environment },
      encoding: 'utf8',
    }).trim();

  test('is searched for what is to be served, and refused where there is nothing, or too much', async () => {
    await write({ 'src/Main.java': '' });
    await expect(trial.build()).rejects.toThrow(
      "tomcat: there is no web application: looked for a WAR at the top and in target, for WEB-INF and index.jsp; add one, or name it as TOMCAT_APPLICATION in the component's environment",
    );
    await write({ 'target/shop.war': '' });
    expect(chosen()).toBe('target/shop.war');
    await write({ 'index.jsp': '' });
    expect(chosen()).toBe('.');
    await write({ 'shop.war': '' });
    expect(chosen()).toBe('./shop.war');
    await write({ 'stock.war': '' });
    await expect(trial.build()).rejects.toThrow(
      'tomcat: there are several WARs, ./shop.war and ./stock.war: say which',
    );
    await write({ 'ROOT.war': '' });
    expect(chosen()).toBe('ROOT.war');
    expect(chosen({ TOMCAT_APPLICATION: 'stock.war' })).toBe('stock.war');
    await expect(trial.build({ environment: { TOMCAT_APPLICATION: 'gone.war' } })).rejects.toThrow(
      'there is no "gone.war" in the application',
    );
    await expect(trial.build({ environment: { TOMCAT_APPLICATION: '../x.war' } })).rejects.toThrow(
      'expected a WAR or a folder inside the application, found "../x.war"',
    );
  });

  test('with a project that needs what is not at hand fails with what Maven says, or that there is no Maven', async () => {
    await write({
      'pom.xml':
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version><packaging>war</packaging></project>',
      '.mvn/maven.config': '--offline\n',
    });
    await expect(trial.build()).rejects.toThrow(
      /tomcat: mvn package has failed: |mvn is not on the search path of this machine: install it/,
    );
  }, 60_000);
});

if (LACK !== undefined)
  test('this machine lacks what it takes to serve, and says what to install', () => {
    expect(LACK).toMatch(/^the cartridge tomcat cannot be used on this machine, which lacks [^\n]*: install /);
  });
else
  describe('an application is served:', () => {
    test(
      'its sample counts the visits of a session, knows who asks, and finishes what is in flight before it ends',
      async () => {
        await trial.takeSample();
        expect(await trial.build()).toEqual([]);
        const { get, child, output } = await started({ CARTWRIGHT_MEMORY_BYTES: `${400 * 1024 * 1024}` });
        const first = await get('/');
        expect(first.fields()).toMatchObject({ visits: 1, instance: 'i1' });
        const cookie = first.headers.get('set-cookie')!;
        expect(cookie).toMatch(/^JSESSIONID=[^;]+; Path=\/; HttpOnly$/);
        const session = { cookie: cookie.split(';')[0]! };
        expect((await get('/', session)).fields()).toMatchObject({ visits: 2 });

        const forwarded = {
          'x-forwarded-for': '203.0.113.7, 10.0.0.1',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'shop.example:8443',
          'x-forwarded-port': '8443',
        };
        expect((await get('/request.jsp', forwarded)).fields()).toEqual({
          client: '203.0.113.7',
          url: 'https://shop.example:8443/request.jsp',
          https: true,
        });
        for (const path of ['/WEB-INF/web.xml', '/manager/html', '/nothing']) {
          const { status, text } = await get(path);
          expect([path, status]).toEqual([path, 404]);
          expect(text).not.toMatch(/tomcat/i);
        }
        const fault = await get('/fault.jsp');
        expect(fault.status).toBe(500);
        expect(fault.text).not.toContain('asked for');
        await eventually('the fault in the log', () => output().includes('IllegalStateException: asked for by'));

        const working = get('/work.jsp?milliseconds=700');
        await eventually('it works on it', () => output().includes('works for 700 ms'));
        child.kill('SIGTERM');
        const worked = await working;
        expect(worked.status).toBe(200);
        const { heapMebibytes } = worked.fields() as { heapMebibytes: number };
        expect(heapMebibytes).toBeGreaterThan(200);
        expect(heapMebibytes).toBeLessThanOrEqual(236);
        expect(await ended(child)).toBe(143);
        expect(output()).not.toContain('WARNING');

        // As a WAR now, in another release: what was compiled is not used again, and who was there before is known.
        await writeFile(join(trial.source, 'ROOT.war'), await zipOf(SAMPLE));
        const again = await started();
        expect((await again.get('/', session)).fields()).toMatchObject({ visits: 3 });
        expect(await readFile(join(trial.root, '.tomcat/webapps/ROOT/WEB-INF/web.xml'), 'utf8')).toContain('visits');
      },
      2 * LIMIT,
    );
  });
