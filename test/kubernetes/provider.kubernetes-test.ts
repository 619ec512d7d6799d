/** What every provider promises, kept by pods of a real cluster. */
import { beforeAll, expect, jest, test } from '@jest/globals';
import { describeProvider } from '../../control-plane/adapters/testing/provider-contract.ts';
import { KubernetesFixture, standInImage } from './provider-fixture.ts';

jest.setTimeout(300_000);

let image = '';
beforeAll(async () => {
  image = await standInImage();
});

describeProvider('kubernetes', () => KubernetesFixture.open(image));

test('room ends where the processors do that pods have not requested', async () => {
  const fixture = await KubernetesFixture.open(image);
  try {
    const roomFor = (cpuCores: number) => fixture.provider.room({ cpuCores, memoryBytes: 1 });
    const [none, halves, quarters] = [await roomFor(1000), await roomFor(0.5), await roomFor(0.25)];
    expect(none).toBe(0);
    expect(halves).toBeGreaterThan(0);
    expect(quarters).toBeGreaterThanOrEqual(2 * halves);
    expect(await fixture.provider.room({ cpuCores: 0, memoryBytes: 1 })).toBeGreaterThan(quarters);
  } finally {
    await fixture.close();
  }
});
