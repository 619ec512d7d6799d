/** What is wrong with what was typed, before anything is sent; empty: nothing. The control plane looks at more. */
import { NAME_PATTERN } from '../../../../schema/ids.ts';

export function nameFault(name: string): string {
  if (name === '') return 'This is needed.';
  return NAME_PATTERN.test(name)
    ? ''
    : 'Expected 1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen.';
}

export function brokerFault(url: string): string {
  return urlFault(url, ['mqtt:', 'mqtts:'], 'mqtts://broker.example.org:8883');
}

export function controlPlaneFault(url: string): string {
  return urlFault(url, ['http:', 'https:'], 'https://cartwright.example.org');
}

function urlFault(url: string, protocols: readonly string[], example: string): string {
  if (url === '') return 'This is needed.';
  const expected = `Expected an address such as ${example}.`;
  if (!URL.canParse(url)) return expected;
  const { protocol, hostname, username, password } = new URL(url);
  if (!protocols.includes(protocol) || hostname === '') return expected;
  if (username !== '' || password !== '') return 'Expected an address without user and password.';
  if (/^(localhost|127\.|\[::1\])/.test(hostname))
    return 'That is the pod itself, seen from a pod: expected an address that it reaches.';
  return '';
}
