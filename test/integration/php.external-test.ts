/** The cartridge `php`, on the machine's own php-fpm, nginx and composer; where it lacks them, what is said of that. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CartridgeTrial, ended } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { whyUnusable } from '../support/runtime.ts';

/** What the manifest says, and what the agent sends to everything of an instance. */
const STOP_SIGNAL = 'SIGWINCH';
const LACK = await whyUnusable('php');
/** What the hooks need of any machine. */
const USUAL = ['bash', 'sh', 'dirname', 'cat', 'date', 'id', 'mkdir', 'rm', 'sleep', 'setpriv'];

let trial: CartridgeTrial;
beforeEach(async () => void (trial = await CartridgeTrial.create('php')));
afterEach(() => trial[Symbol.asyncDispose]());

const write = (files: Readonly<Record<string, string>>): Promise<void> => trial.write(files);
/** A search path with the usual programs of this machine, and none of PHP's. */
const bareMachine = (): Promise<string> => trial.searchPathWith(USUAL);

async function started(environment: Record<string, string> = {}) {
  const run = await trial.start(trial.source, environment);
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(run.url + path, { headers: { connection: 'close', ...headers }, redirect: 'manual' });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, fields: () => JSON.parse(text) as unknown };
  };
  await eventually('it serves', async () => (await get('/')).status > 0, 20_000);
  return { ...run, get };
}

/** A process and all below it. */
function familyOf(leader: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') parents.set(Number(name), Number(parent));
    } catch {
      // It has ended meanwhile.
    }
  }
  const family = new Set([leader]);
  for (let before = 0; before < family.size;) {
    before = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  return [...family];
}

describe('a machine without PHP', () => {
  test('is told what to install, in one sentence', async () => {
    const path = await bareMachine();
    expect(await whyUnusable('php', path)).toBe(
      'the cartridge php cannot be used on this machine, which lacks php-fpm 8.1 or newer (runs PHP) and nginx (serves HTTP in front of PHP): install php-fpm 8.1 or newer and nginx (Debian, apt-get install php-fpm nginx)',
    );
    await trial.takeSample();
    const { child, output } = await trial.start(trial.source, { PATH: path });
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(/^php: php-fpm is not on the search path of this machine: install it [^\n]*\n$/);
  });

  test('without composer builds what has its folder vendor, and says what to do about what has not', async () => {
    const path = await bareMachine();
    await write({ 'composer.json': '{}', 'index.php': '<?php' });
    const refused = trial.build({}, { path });
    await expect(refused).rejects.toThrow(
      /php: there is a composer.json and no vendor\/autoload.php, and composer is not on the search path of this machine: install it \(Debian, apt-get install composer\), or put the folder vendor into the source$/,
    );
    await write({ 'vendor/autoload.php': '<?php' });
    expect(await trial.build({}, { path })).toEqual([
      expect.stringMatching(/^php: the folder vendor is taken as it is, because composer is not on the search path/),
    ]);
  });
});

describe('a source', () => {
  test('that has nothing to show is refused where it is built, and one with a folder of another name is not', async () => {
    await write({ 'web/index.php': '<?php', 'readme.txt': 'hello' });
    await expect(trial.build()).rejects.toThrow(
      'php: there is no index.php and no index.html in ".": name the folder to be served as PHP_ROOT in the component\'s environment',
    );
    expect(await trial.build({ environment: { PHP_ROOT: 'web' } })).toEqual([]);
    await expect(trial.build({ environment: { PHP_ROOT: 'wep' } })).rejects.toThrow('there is no folder "wep"');
    await expect(trial.build({ environment: { PHP_ROOT: '../x' } })).rejects.toThrow(
      'php: PHP_ROOT: expected a folder inside the application, found "../x"',
    );
    await expect(trial.build({ environment: { PHP_ROOT: '/etc' } })).rejects.toThrow('a folder inside the application');
    await symlink('/etc', join(trial.source, 'out'));
    await expect(trial.build({ environment: { PHP_ROOT: 'out' } })).rejects.toThrow(
      '"out" leads out of the application',
    );
  });

  test('with packages of its own has them installed by composer without a network, or is told that it is not there', async () => {
    await write({
      'composer.json': JSON.stringify({
        repositories: [{ type: 'path', url: 'packages/greeting' }, { 'packagist.org': false }],
        require: { 'sample/greeting': '1.0.0' },
      }),
      'packages/greeting/composer.json': JSON.stringify({
        name: 'sample/greeting',
        version: '1.0.0',
        autoload: { files: ['greeting.php'] },
      }),
      'packages/greeting/greeting.php': "<?php function greeting() { return 'good day'; }",
      'public/index.php': "<?php require '../vendor/autoload.php'; echo greeting();",
    });
    const built = await trial.build().catch((error: Error) => error.message);
    if (typeof built === 'string') {
      expect(built).toContain('composer is not on the search path of this machine: install it');
      return;
    }
    expect(built.slice(0, 2)).toEqual([
      'php: no composer.lock: versions may differ from build to build',
      'php: composer install --no-dev',
    ]);
    // A copy and no link: the artifact stands for itself.
    expect(await readFile(join(trial.source, 'vendor/sample/greeting/greeting.php'), 'utf8')).toContain('good day');
    if (LACK === undefined) expect((await (await started()).get('/')).text).toBe('good day');
  }, 60_000);
});

if (LACK !== undefined)
  test('this machine lacks what it takes to serve, and says what to install', () => {
    expect(LACK).toMatch(/^the cartridge php cannot be used on this machine, which lacks [^\n]*: install /);
  });
else
  describe('an application is served:', () => {
    test('its sample counts the visits of a session, and knows who asks', async () => {
      await trial.takeSample();
      expect(await trial.build()).toEqual([]);
      const { get } = await started();
      const first = await get('/');
      expect(first.fields()).toMatchObject({ visits: 1, instance: 'i1' });
      const cookie = first.headers.get('set-cookie')!;
      expect(cookie).toMatch(/^visits=[^;]+; path=\/; HttpOnly$/);
      for (const visits of [2, 3])
        expect((await get('/', { cookie: cookie.split(';')[0]! })).fields()).toMatchObject({ visits });
      expect(readdirSync(join(trial.root, '.php/sessions'))).toHaveLength(2);
      const forwarded = { 'x-forwarded-for': '203.0.113.7, 10.0.0.1', 'x-forwarded-proto': 'https' };
      expect((await get('/request', forwarded)).fields()).toMatchObject({ client: '203.0.113.7', https: true });
      expect((await get('/request')).fields()).toMatchObject({ client: '127.0.0.1', https: false });
      expect((await get('/nothing/here')).fields()).toEqual({ error: 'nothing at /nothing/here' });
    }, 30_000);

    test('files as files, scripts as scripts, and nothing that begins with a dot or is only for PHP', async () => {
      await write({
        'index.php':
          '<?php echo $_SERVER["SCRIPT_NAME"], "|", $_SERVER["PATH_INFO"] ?? "", "|", $_SERVER["QUERY_STRING"];',
        'sub/index.php': '<?php echo "sub";',
        'style.css': 'a{}',
        'upload.jpg': '<?php echo "executed";',
        '.env': 'SECRET=1',
        '.git/config': 'secret',
        'sub/.htpasswd': 'secret',
        '.well-known/security.txt': 'Contact: us',
        'vendor/tool/run.php': '<?php echo "executed";',
        'composer.json.bak': '',
        'composer.lock': '{}',
      });
      const { get, child } = await started();
      const text = async (path: string) => {
        const { status, text } = await get(path);
        return status === 200 ? text : status;
      };
      expect(await text('/?a=b')).toBe('/index.php||a=b');
      expect(await text('/index.php/one/two?a=b')).toBe('/index.php|/one/two|a=b');
      expect(await text('/pages/7?a=b')).toBe('/index.php||a=b');
      expect(await text('/gone.php')).toBe('/index.php||');
      expect(await text('/sub/')).toBe('sub');
      expect((await get('/sub')).headers.get('location')).toBe('/sub/');
      expect((await get('/style.css')).headers.get('content-type')).toBe('text/css');
      expect(await text('/upload.jpg')).toContain('<?php');
      // Neither an upload as a script nor a script of a package by its own name.
      expect(await text('/upload.jpg/x.php')).toBe('/index.php||');
      expect(await text('/.well-known/security.txt')).toBe('Contact: us');
      for (const path of [
        '/.env',
        '/.git/config',
        '/sub/.htpasswd',
        '/%2eenv',
        '/.ENV',
        '/vendor/tool/run.php',
        '/composer.lock',
      ])
        expect([path, await text(path)]).toEqual([path, 404]);
      expect((await get('/')).headers.get('server')).toBe('nginx');
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    }, 30_000);

    test('a file that a browser has is not sent again, and another release is not taken for the same', async () => {
      await write({ 'index.php': '<?php echo "page";', 'style.css': 'a{}' });
      const first = await started({ CARTWRIGHT_RELEASE: 'release1' });
      const { headers } = await first.get('/style.css');
      expect([headers.get('etag'), headers.get('last-modified')]).toEqual(['"release1"', null]);
      const known = { 'if-none-match': '"release1"' };
      expect(await first.get('/style.css', known)).toMatchObject({ status: 304, text: '' });
      expect((await first.get('/')).headers.get('etag')).toBeNull();
      expect((await first.get('/.env', known)).status).toBe(404);
      const second = await started({ CARTWRIGHT_RELEASE: 'release2' });
      expect(await second.get('/style.css', known)).toMatchObject({ status: 200, text: 'a{}' });
      expect(second.output()).toBe('');
    }, 30_000);

    test('what PHP says of faults goes to the log, and not to the client', async () => {
      await trial.takeSample();
      const { get, output } = await started();
      const fault = await get('/fault');
      expect(fault.status).toBe(500);
      expect(fault.text).not.toContain('asked for');
      await eventually('the fault in the log', () =>
        output().includes('Uncaught RuntimeException: asked for by /fault'),
      );
      expect(output()).toMatch(/^PHP message: PHP Fatal error: {2}Uncaught RuntimeException/m);
    }, 30_000);

    test('as many at once as are declared, each within its memory', async () => {
      await write({ 'index.php': '<?php echo ini_get("memory_limit"), " ", ini_get("upload_max_filesize");' });
      const memory = { CARTWRIGHT_CONCURRENCY: '4', CARTWRIGHT_MEMORY_BYTES: `${512 * 1024 * 1024}` };
      expect((await (await started(memory)).get('/')).text).toBe('224M 64M');
      const own = { ...memory, PHP_MEMORY_MEBIBYTES: '300', PHP_UPLOAD_MEBIBYTES: '8' };
      expect((await (await started(own)).get('/')).text).toBe('300M 8M');
      const wrong = await trial.start(trial.source, { PHP_WORKERS: 'many' });
      expect(await ended(wrong.child)).toBe(1);
      expect(wrong.output()).toBe('php: PHP_WORKERS: expected a whole number from 1 to 1000, found "many"\n');
    }, 30_000);

    test('asked to end as the platform does, it finishes what is in flight and leaves nothing behind', async () => {
      await write({
        'index.php':
          '<?php if (isset($_GET["work"])) { touch(getenv("HOME") . "/working"); usleep(500000); } echo "done";',
      });
      const { get, child, output } = await started();
      const working = get('/?work');
      await eventually('PHP works on it', () => existsSync(join(trial.root, 'working')));
      for (const pid of familyOf(child.pid!)) process.kill(pid, STOP_SIGNAL);
      expect(await working).toMatchObject({ status: 200, text: 'done' });
      expect(await ended(child)).toBe(0);
      expect(familyOf(child.pid!)).toEqual([child.pid]);
      expect(output()).toBe('');
    }, 30_000);

    test('killed, it takes nginx and php-fpm with it, and a half of it that ends takes the other', async () => {
      await trial.takeSample();
      const { child } = await started();
      const others = familyOf(child.pid!).filter((pid) => pid !== child.pid);
      expect(others.length).toBeGreaterThanOrEqual(3);
      child.kill('SIGKILL');
      const lives = (pid: number) => !/\) [ZX] /.test(readStat(pid));
      await eventually('nobody is left', () => !others.some(lives));
      const again = await started();
      const php = familyOf(again.child.pid!).find((pid) => readStat(pid).includes('(php-fpm'))!;
      process.kill(php, 'SIGKILL');
      expect(await ended(again.child)).toBe(1);
      expect(again.output()).toContain('php: nginx or php-fpm has ended by itself, with code 137');
    }, 30_000);
  });

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return ') X ';
  }
}
