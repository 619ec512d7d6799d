/** The cartridge `python` as it is used, without a network; on a machine without Python, that it says so. */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildRequest } from '../../control-plane/app/ports/artifacts.ts';
import { CARTRIDGES, CartridgeTrial, ended, json } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';

const SAMPLE = join(CARTRIDGES, 'python/sample');
const PYTHON = pythonOf();

/** Absolute path of the interpreter; undefined where there is none. */
function pythonOf(): string | undefined {
  try {
    return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Writes a wheel without dependencies, of these files. */
const WHEEL = `
import json, sys, zipfile
name, path, files = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
info = f"{name}-1.0.dist-info"
files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n"
files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
files[f"{info}/entry_points.txt"] = f"[console_scripts]\\n{name}={name}.__main__:main\\n"
files[f"{info}/RECORD"] = "".join(f"{file},,\\n" for file in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"{path}/{name}-1.0-py3-none-any.whl", "w") as wheel:
    for file in files: wheel.writestr(file, files[file])
`;
/** A program in the place of a server: says how it is called and ends. */
const SERVER = (name: string): Record<string, string> => ({
  [`${name}/__init__.py`]: '',
  [`${name}/__main__.py`]: `
import sys
def main(): print("${name}", *sys.argv[1:], sys.prefix != sys.base_prefix, [path for path in sys.path if "site-packages" in path or "dist-packages" in path][1:])
if __name__ == "__main__": main()
`,
});

let trial: CartridgeTrial;
beforeEach(async () => void (trial = await CartridgeTrial.create('python')));
afterEach(() => trial[Symbol.asyncDispose]());

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  await rm(trial.source, { recursive: true, force: true });
  await trial.write(files);
}

async function vendor(...names: string[]): Promise<void> {
  const wheels = join(trial.source, 'wheels');
  await mkdir(wheels, { recursive: true });
  for (const name of names)
    execFileSync(PYTHON ?? 'python3', ['-c', WHEEL, name, wheels, JSON.stringify(SERVER(name))]);
  await writeFile(join(trial.source, 'requirements.txt'), names.join('\n'));
}

/** Past the shims of version managers, which take longer than Python itself. */
const path = [...(PYTHON === undefined ? [] : [dirname(PYTHON)]), process.env.PATH ?? ''].join(':');

function build(request: Partial<BuildRequest> = {}): Promise<string[]> {
  return trial.build(request, { path });
}

/** The script that the build would write, with these servers installed. */
async function startOf(files: Readonly<Record<string, string>>, servers: readonly string[]): Promise<string> {
  await write(files);
  for (const name of servers) await mkdir(join(trial.source, '.cartwright-python', name), { recursive: true });
  const project = join(CARTRIDGES, 'python/hooks/project.py');
  const options = { cwd: trial.source, encoding: 'utf8' } as const;
  return execFileSync(PYTHON!, ['-I', project, 'start', '.cartwright-python'], options);
}

async function onPlatform(work: (cartwright: (...argv: string[]) => Promise<string>) => Promise<void>): Promise<void> {
  await using platform = await Platform.start({ PATH: path });
  await work(async (...argv) => {
    const bin = join(PRESENT, 'dist/control-plane/cli/bin.js');
    const { stdout } = await promisify(execFile)(process.execPath, [bin, ...argv], { env: platform.environment });
    return stdout;
  });
}

if (PYTHON === undefined) {
  test('without Python a deployment is refused with one sentence that says what to install', async () => {
    await onPlatform(async (cartwright) => {
      await expect(cartwright('deploy', SAMPLE)).rejects.toMatchObject({
        stderr: expect.stringMatching(/lacks python3 3\.9 or newer .*apt-get install python3 python3-pip/) as unknown,
      });
    });
  });
} else {
  describe('the sample', () => {
    test('is built without a network, serves with its vendored package and ends gracefully; built again it is the same, wherever', async () => {
      await trial.takeSample();
      expect(await build()).toEqual(
        expect.arrayContaining([
          'python: pip install requirements.txt from wheels/ alone',
          'python: starts with python3 app.py',
        ]),
      );
      const { digest, tree } = await trial.pack();
      const { child, url, output } = await trial.start(tree);
      const home = await eventually('it answers', () => json(url), 10_000);
      expect(home).toMatchObject({ status: 200, name: 'sample', waymark: '1.0.0', instance: 'i1' });
      expect(await json(`${url}/primes/100`)).toEqual({ status: 200, below: 100, primes: 25 });
      expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).toBe('python3\0app.py\0');
      const slow = json(`${url}/slow/1000`);
      await eventually('it is under way', async () => (await json(url)).inFlight === 2, 10_000);
      child.kill('SIGTERM');
      expect(await slow).toEqual({ status: 200, waited: 1000 });
      expect(await ended(child)).toBe(0);
      expect(output()).toContain('SIGTERM: ending after what is in flight');

      await trial.takeSample();
      await build();
      expect((await trial.pack()).digest).toBe(digest);
      for (const file of await readdir(tree, { recursive: true, withFileTypes: true }))
        if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain(trial.root);
    });

    test('has a wheel that is made of the source beside it', async () => {
      await trial.takeSample();
      const wheel = join(trial.source, 'wheels/waymark-1.0.0-py3-none-any.whl');
      const committed = await readFile(wheel);
      await rm(wheel);
      execFileSync(PYTHON, [join(trial.source, 'wheels/waymark/pack.py')]);
      const list = 'import sys, zipfile; w = zipfile.ZipFile(sys.argv[1]); print({n: w.read(n) for n in w.namelist()})';
      const read = (file: string): string => execFileSync(PYTHON, ['-c', list, file], { encoding: 'utf8' });
      await writeFile(join(trial.root, 'committed.whl'), committed);
      expect(read(wheel)).toBe(read(join(trial.root, 'committed.whl')));
    });

    test('is deployed through the whole platform, and what has no start is refused where it is deployed', async () => {
      await write({ 'requirements.txt': '# nothing\n' });
      await onPlatform(async (cartwright) => {
        const url = (await cartwright('deploy', SAMPLE, '--name', 'primes')).trim();
        expect(await json(`${url}primes/10`)).toEqual({ status: 200, below: 10, primes: 4 });
        expect(
          await cartwright('run', 'primes', '--', 'python3', '-c', 'import waymark; print(waymark.__file__)'),
        ).toMatch(/\/\.cartwright-python\/waymark\/__init__\.py\n$/);
        await expect(cartwright('deploy', trial.source, '--name', 'nothing')).rejects.toMatchObject({
          stderr: expect.stringContaining('python: nothing to start: there is no web: in a Procfile') as unknown,
        });
      });
    });
  });

  describe('an application is started', () => {
    const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';
    const FASTAPI = 'from fastapi import FastAPI\ntry:\n    app: FastAPI = FastAPI()\nfinally:\n    pass\n';
    const GUNICORN = 'python3 -m gunicorn --preload --bind "$HOST:$PORT" --threads 8 --graceful-timeout 25';
    const UVICORN = 'python3 -m uvicorn --host "$HOST" --port "$PORT" --timeout-graceful-shutdown 25';
    const MANAGED = { 'manage.py': '', 'shop/__init__.py': '', 'shop/wsgi.py': 'application = make()\n' };

    test.each<[string, Record<string, string>, string[], string]>([
      ['by its Procfile', { Procfile: 'worker: x\r\nweb: A=1 gunicorn app:app\r\n' }, [], 'A=1 exec gunicorn app:app'],
      ['by more than a command', { Procfile: 'web: python3 a.py && python3 b.py' }, [], 'python3 a.py && python3 b.py'],
      ['by gunicorn', { 'app.py': FLASK }, ['gunicorn'], `${GUNICORN} app:app`],
      ['by gunicorn beside uvicorn', { 'app.py': FLASK }, ['gunicorn', 'uvicorn'], `${GUNICORN} app:app`],
      ['as a Django project', MANAGED, ['gunicorn'], `${GUNICORN} shop.wsgi:application`],
      [
        'by what makes it',
        { 'app/__init__.py': 'def create_app(): ...' },
        ['gunicorn'],
        `${GUNICORN} 'app:create_app()'`,
      ],
      ['by uvicorn', { 'app/main.py': FASTAPI }, ['gunicorn', 'uvicorn'], `${UVICORN} app.main:app`],
      ['from src', { 'src/main.py': 'async def app(scope, receive, send): ...' }, ['uvicorn'], `${UVICORN} main:app`],
      ['by itself', { 'app.py': 'print(1)', 'server.py': '' }, [], 'python3 app.py'],
    ])('%s', async (_name, files, servers, command) => {
      expect((await startOf(files, servers)).replace(/^exec /, '')).toBe(`${command}\n`);
    });

    test('with its packages and without those of the machine, by module and by script', async () => {
      await write({ Procfile: 'web: gunicorn x', 'app.py': FLASK });
      await vendor('gunicorn');
      await build();
      const { tree } = await trial.pack();
      const { child, output } = await trial.start(tree);
      expect(await ended(child)).toBe(0);
      expect(output()).toBe('gunicorn x True []\n');
    });

    test('by a command of the manifest without anything else', async () => {
      await write({ 'worker.py': '' });
      expect(await build({ start: ['python3', 'worker.py'] })).toEqual([
        'python: starts with the command of the manifest',
      ]);
      const { child, output } = await trial.start(trial.source);
      expect(await ended(child)).toBe(1);
      expect(output()).toMatch(/^python: this artifact was built with a start command [^\n]*\n$/);
    });

    test('never by another interpreter than its packages were installed for', async () => {
      await write({ 'app.py': '' });
      await build();
      await writeFile(join(trial.source, '.cartwright-python/interpreter'), '/usr/bin/python3.1\n');
      const { child, output } = await trial.start(trial.source);
      expect(await ended(child)).toBe(1);
      expect(output()).toMatch(/installed for \/usr\/bin\/python3\.1, which is not on this machine any more/);
    });
  });

  describe('a source is refused in one sentence', () => {
    const project = (lines: string) => ({ 'app.py': '', 'pyproject.toml': `[project]\nname = "a"\n${lines}\n` });

    test.each<[string, Record<string, string>, string]>([
      [
        'with an ASGI application and no server',
        { 'main.py': 'import fastapi\napp = fastapi.FastAPI()' },
        'add uvicorn to',
      ],
      [
        'with a WSGI application and no server',
        { 'wsgi.py': 'app = 1' },
        'nothing is installed that serves wsgi:app: add',
      ],
      ['with a file that is no Python', { 'app.py': 'def (' }, 'python: app.py is no Python that this machine'],
      ['with a broken pyproject.toml', { 'pyproject.toml': '[' }, 'python: pyproject.toml cannot be read: '],
      ['for another Python', project('requires-python = "<3"'), 'python: pyproject.toml asks for Python <3, and this'],
      ['with dynamic dependencies', project('dynamic = ["dependencies"]'), 'dynamic: list them in requirements.txt'],
      ['of Poetry', { 'pyproject.toml': '[tool.poetry.dependencies]\na = "1"' }, 'for Poetry alone'],
      ['of Pipenv', { Pipfile: '' }, 'python: Pipfile is not read here: list the packages in requirements.txt'],
    ])('%s', async (_name, files, sentence) => {
      await write(files);
      const refused = build();
      await expect(refused).rejects.toThrow(sentence);
      await expect(refused).rejects.toThrow(/^the build ended with exit code 1: python: [^|]*$/);
    });

    test('that asks for what its wheels have not', async () => {
      await write({ 'app.py': '' });
      await vendor('gunicorn');
      await writeFile(join(trial.source, 'requirements.txt'), 'gunicorn\nflask\n');
      await expect(build()).rejects.toThrow(
        /No matching distribution found for flask.*python: pip could not install requirements\.txt from the wheels in wheels\/, .*pip download/,
      );
    });

    test('that asks for packages where there is nothing to install them with', async () => {
      const bin = join(trial.root, 'bin');
      await mkdir(bin);
      const lacking = `#!/bin/sh\ncase " $* " in *find_spec* | *" -m venv "*) exit 1 ;; esac\nexec ${PYTHON} "$@"\n`;
      await writeFile(join(bin, 'python3'), lacking);
      await chmod(join(bin, 'python3'), 0o755);
      const without = `${bin}:${process.env.PATH}`;
      await write(project('dependencies = ["flask"]'));
      await expect(trial.build({}, { path: without })).rejects.toThrow(
        /python: pyproject\.toml asks for packages, and python3 on this machine has neither pip nor venv .*apt-get install python3-pip/,
      );
      await write({ 'app.py': '', 'requirements.txt': '# none\n\n' });
      expect(await trial.build({}, { path: without })).toEqual(['python: starts with python3 app.py']);
    });
  });
}
