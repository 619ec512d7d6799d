// Installs npm beside the Node that runs this, from the npm registry and checked by its digest, for base images without it.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const VERSION = '11.21.2';
const SHA512 = '7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==';

const { NPM_REGISTRY = '' } = process.env;
if (NPM_REGISTRY === '')
  throw new Error('the base image has no npm: say --build-arg NPM_REGISTRY=URL, or begin from an image that has it');
const url = `${NPM_REGISTRY.replace(/\/+$/, '')}/npm/-/npm-${VERSION}.tgz`;
const response = await globalThis.fetch(url);
if (!response.ok) throw new Error(`${url} answered ${response.status}`);
const archive = Buffer.from(await response.arrayBuffer());
if (createHash('sha512').update(archive).digest('base64') !== SHA512) throw new Error(`${url} is not what it was`);

const prefix = dirname(dirname(process.execPath));
const folder = join(prefix, 'lib/node_modules/npm');
mkdirSync(folder, { recursive: true });
execFileSync('tar', ['-xz', '--strip-components=1', '--no-same-owner', '-C', folder], { input: archive });
for (const name of ['npm', 'npx']) symlinkSync(join(folder, `bin/${name}-cli.js`), join(prefix, 'bin', name));
