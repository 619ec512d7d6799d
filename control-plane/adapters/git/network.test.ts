import { expect, test } from '@jest/globals';
import { publicAddresses } from './network.ts';

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
