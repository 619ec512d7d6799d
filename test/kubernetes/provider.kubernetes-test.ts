/** What every provider promises, kept by pods of a real cluster. */
import { beforeAll, jest } from '@jest/globals';
import { describeProvider } from '../../control-plane/adapters/testing/provider-contract.ts';
import { KubernetesFixture, standInImage } from './provider-fixture.ts';

jest.setTimeout(300_000);

let image = '';
beforeAll(async () => {
  image = await standInImage();
});

describeProvider('kubernetes', () => KubernetesFixture.open(image));
