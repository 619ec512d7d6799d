/** The decisions of a window of time, as a chart asks for them: the real app behind the real endpoint. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { uidSeries } from '../../../schema/ids.ts';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import { application } from '../../app/testing/manifests.ts';
import { Site } from '../testing/site.ts';
import * as sample from '../testing/records.ts';

let site: Site;
let bearer: string;
let begin: number;
beforeEach(async () => {
  site = await Site.open();
  await site.platform.apply(application('shop', [{ alias: 'web', cartridge: 'plain' }]));
  ({ bearer } = await site.token());
  begin = site.platform.now - 600_000;
  // A series of its own: that of the process does not go back.
  const newUid = uidSeries();
  const { uid: cluster, tenant } = site.platform.cluster('web').record;
  for (let minute = 0; minute < 10; minute += 1) {
    const at = begin + minute * 60_000;
    const decision: DecisionRecord = { ...sample.decision(1), uid: newUid(at), tenant, cluster, at, lastAt: at };
    await site.platform.database.decisions.save({ ...decision, acted: minute % 2 === 0, sentence: `minute ${minute}` });
  }
});
afterEach(() => site[Symbol.asyncDispose]());

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly sentence: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function page(asked: string): Promise<Page> {
  const window = `from: "${time(2)}", to: "${time(7)}"`;
  const { data, errors } = await site.ask(
    bearer,
    `{ serviceCluster(ref: { application: "shop", alias: "web" }) {
      decisions(${window}, ${asked}) { edges { cursor node { sentence } } pageInfo { hasNextPage endCursor } }
    } }`,
  );
  expect(errors).toBeUndefined();
  return (data as { serviceCluster: { decisions: Page } }).serviceCluster.decisions;
}

const time = (minute: number): string => new Date(begin + minute * 60_000).toISOString();
const minutes = ({ edges }: Page): number[] => edges.map(({ node }) => Number(node.sentence.slice('minute '.length)));

test('those of the window are told, its begin included and its end not', async () => {
  expect(minutes(await page('first: 100'))).toEqual([2, 3, 4, 5, 6]);
  expect(minutes(await page('last: 100'))).toEqual([2, 3, 4, 5, 6]);
  expect(minutes(await page('last: 2'))).toEqual([5, 6]);
  expect(minutes(await page('actionsOnly: true, first: 100'))).toEqual([2, 4, 6]);
});

test('it is walked through page by page', async () => {
  const found: number[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < 4; pages += 1) {
    const { edges, pageInfo }: Page = await page(`first: 2${after === null ? '' : `, after: "${after}"`}`);
    found.push(...minutes({ edges, pageInfo }));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(found).toEqual([2, 3, 4, 5, 6]);
});

test('a cursor from before the window begins at its begin', async () => {
  const { data } = await site.ask(
    bearer,
    '{ serviceCluster(ref: { application: "shop", alias: "web" }) { decisions(first: 1) { pageInfo { endCursor } } } }',
  );
  const { endCursor } = (data as { serviceCluster: { decisions: Page } }).serviceCluster.decisions.pageInfo;
  expect(minutes(await page(`first: 2, after: "${endCursor}"`))).toEqual([2, 3]);
});
