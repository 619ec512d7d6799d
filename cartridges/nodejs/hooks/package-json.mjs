// Reads package.json in the current folder for the hooks beside this file.
//   has-script NAME    prints yes or no
//   start-script       prints the script for sh that starts the application, scripts.prestart first
import { existsSync, readFileSync } from 'node:fs';

function fail(message) {
  process.stderr.write(`nodejs: ${message}\n`);
  process.exit(1);
}

function readPackage() {
  let value;
  try {
    value = JSON.parse(readFileSync('package.json', 'utf8'));
  } catch (error) {
    return fail(error.code === 'ENOENT' ? 'there is no package.json' : `package.json cannot be read: ${error.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('package.json holds no object');
  return value;
}

function scriptOf(manifest, name) {
  const script = manifest.scripts?.[name];
  return typeof script === 'string' && script.trim() !== '' ? script.trim() : undefined;
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What the shell does itself and no program can do in its place. */
const OF_THE_SHELL = /^(\.|:|cd|case|eval|exec|exit|export|for|if|set|trap|ulimit|umask|unset|until|wait|while)(\s|$)/;

/** With `exec` where the script is one command, so that no shell stays between the platform and the application. */
function replacing(script) {
  if (/[&|;<>()`{}!\n]/.test(script) || OF_THE_SHELL.test(script)) return script;
  const [assignments] = /^(?:[A-Za-z_][A-Za-z0-9_]*=\S*\s+)*/.exec(script);
  // A quoted value with a blank in it is cut by the pattern: let the shell sort that out.
  if (/["'\\]/.test(assignments)) return script;
  return `${assignments}exec ${script.slice(assignments.length)}`;
}

function startScript(manifest) {
  const before = scriptOf(manifest, 'prestart');
  const first = before === undefined ? '' : `/bin/sh -c ${quote(before)} || exit $?\n`;
  return first + startCommand(manifest);
}

function startCommand(manifest) {
  const script = scriptOf(manifest, 'start');
  if (script !== undefined) return replacing(script);
  const candidates = [existsSync('server.js') ? 'server.js' : undefined, manifest.main, 'index.js'];
  const entry = candidates.find((file) => typeof file === 'string' && file !== '');
  if (!existsSync(entry) && !existsSync(`${entry}.js`))
    fail(
      `nothing to start: package.json has no "scripts.start", and there is no server.js and no ${entry}; add a start script`,
    );
  return `exec node -- ${quote(entry)}`;
}

const manifest = readPackage();
const [what, name] = process.argv.slice(2);
const answers = {
  'has-script': () => (scriptOf(manifest, name) === undefined ? 'no' : 'yes'),
  'start-script': () => startScript(manifest),
};
process.stdout.write(`${answers[what]()}\n`);
