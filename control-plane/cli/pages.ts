/** Reading connections page by page. */

const LARGEST_PAGE = 200;
/** Service clusters that are asked about at the same time. */
const AT_ONCE = 8;

interface Forward<T> {
  readonly edges: readonly { readonly node: T }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Backward<T> {
  readonly edges: readonly { readonly node: T }[];
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
}

/** All entries, oldest first; none when there is no such connection. */
export async function all<T>(load: (after: string | null) => Promise<Forward<T> | undefined>): Promise<T[]> {
  const found: T[] = [];
  let after: string | null = null;
  for (;;) {
    const page: Forward<T> | undefined = await load(after);
    if (page === undefined) return found;
    found.push(...page.edges.map((edge) => edge.node));
    if (!page.pageInfo.hasNextPage || page.pageInfo.endCursor === null) return found;
    after = page.pageInfo.endCursor;
  }
}

/** The newest `limit` entries, oldest first. */
export async function newest<T>(
  limit: number,
  load: (last: number, before: string | null) => Promise<Backward<T> | undefined>,
): Promise<T[]> {
  const found: T[] = [];
  let before: string | null = null;
  while (found.length < limit) {
    const page: Backward<T> | undefined = await load(Math.min(LARGEST_PAGE, limit - found.length), before);
    if (page === undefined) break;
    found.unshift(...page.edges.map((edge) => edge.node));
    if (!page.pageInfo.hasPreviousPage || page.pageInfo.startCursor === null) break;
    before = page.pageInfo.startCursor;
  }
  return found;
}

/** Results in the order of the items, a few at a time. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
