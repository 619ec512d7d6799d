import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInside, publicAddresses } from './network.ts';

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'ff02::1',
  '',
  'localhost',
])('%j is inside', (address) => expect(isInside(address)).toBe(true));

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '172.32.0.1',
  '192.167.1.1',
  '140.82.121.4',
  '2606:4700::1111',
  '2a00:1450:4001::1',
])('%s is outside', (address) => expect(isInside(address)).toBe(false));

test('an IPv4 address is the same in its IPv6 form: never outside', () => {
  fc.assert(fc.property(fc.ipV4(), (address) => expect(isInside(`::ffff:${address}`)).toBe(true)));
});

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'allowed',
    (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
  );

test('a host is refused when one of its addresses is inside, and the address is not told', async () => {
  const words = await refusal(publicAddresses('rebind.example.org', async () => ['8.8.8.8', '10.0.0.5']));
  expect(words).toMatch(/^GIT_ADDRESS_NOT_ALLOWED: the host rebind.example.org leads into .*CARTWRIGHT_GIT_HOSTS/);
  expect(words).not.toContain('10.0.0.5');
});

test('a host with public addresses is answered with them, an address with itself', async () => {
  expect(await publicAddresses('git.example.org', async () => ['8.8.8.8', '1.1.1.1'])).toEqual(['8.8.8.8', '1.1.1.1']);
  expect(await publicAddresses('8.8.8.8', () => Promise.reject(new Error('not asked')))).toEqual(['8.8.8.8']);
  expect(await refusal(publicAddresses('127.0.0.1', async () => []))).toMatch(/^GIT_ADDRESS_NOT_ALLOWED/);
  expect(await refusal(publicAddresses('git.example.org', async () => []))).toMatch(/^GIT_ADDRESS_NOT_ALLOWED/);
});

test('a host without an address is said to be misspelt', async () => {
  const words = await refusal(publicAddresses('nowhere.invalid', () => Promise.reject(new Error('ENOTFOUND'))));
  expect(words).toMatch(/^GIT_UNREACHABLE: the host name nowhere.invalid cannot be resolved/);
});
