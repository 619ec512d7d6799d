/** `mosquitto-users`: what Mosquitto's dynamic-security plugin has to know before the control plane connects. */
import { readFile } from 'node:fs/promises';
import { firstFile } from '../../adapters/mqtt/dynamic-security/first-file.ts';
import { CartwrightError } from '../../app/errors.ts';
import { readConfig } from '../../config.ts';
import { EXIT } from '../exit.ts';
import { print, type Io } from '../io.ts';
import { inOneLine } from './in-one-line.ts';

const LEAST_CHARACTERS = 16;

/** Prints the file; the settings are those that the control plane itself is started with. */
export function mosquittoUsers(io: Io): Promise<number> {
  return inOneLine(async () => {
    const { broker } = readConfig(io.env);
    if (broker.kind !== 'outside' || broker.username === undefined || broker.security === undefined)
      throw invalid(
        'set CARTWRIGHT_BROKER_URL, CARTWRIGHT_BROKER_USERNAME and CARTWRIGHT_BROKER_SECURITY_USERNAME, as for the control plane',
      );
    const { username, security } = broker;
    if (username === security.username)
      throw invalid('CARTWRIGHT_BROKER_USERNAME and CARTWRIGHT_BROKER_SECURITY_USERNAME have to be two users');
    const text = firstFile({
      user: { name: username, password: await password('CARTWRIGHT_BROKER_PASSWORD_FILE', broker.passwordFile) },
      security: {
        name: security.username,
        password: await password('CARTWRIGHT_BROKER_SECURITY_PASSWORD_FILE', security.passwordFile),
      },
    });
    print(io, text.trimEnd());
    return EXIT.ok;
  });
}

async function password(variable: string, file: string | undefined): Promise<string> {
  if (file === undefined) throw invalid(`set ${variable} to a file with a password`);
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw invalid(`the file ${file} of ${variable} cannot be read: ${(error as Error).message}`);
  }
  if (text.length < LEAST_CHARACTERS)
    throw invalid(
      `the password in ${file} has ${text.length} characters, expected ${LEAST_CHARACTERS} or more: openssl rand -base64 32 > ${file}`,
    );
  return text;
}

function invalid(message: string): CartwrightError {
  return new CartwrightError('CONFIGURATION_INVALID', message);
}
