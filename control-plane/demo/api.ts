/** GraphQL over HTTP, as little of it as the demo needs. */
import { CartwrightError } from '../app/errors.ts';

export interface Api {
  readonly url: string;
  readonly token: string;
}

async function ask<T>({ url, token }: Api, query: string, variables: Record<string, unknown>): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (body.errors !== undefined || body.data === undefined) {
    throw new CartwrightError(
      'DEMO_FAILED',
      `the control plane refused: ${body.errors?.map(({ message }) => message).join('; ') ?? response.status}`,
    );
  }
  return body.data;
}

export async function apply(api: Api, manifests: string): Promise<void> {
  const { apply: payload } = await ask<{ apply: { userErrors: { code: string; message: string }[] } }>(
    api,
    'mutation ($input: ApplyInput!) { apply(input: $input) { userErrors { code message } } }',
    { input: { manifests, fileName: 'demo' } },
  );
  const [error] = payload.userErrors;
  if (error !== undefined) throw new CartwrightError('DEMO_FAILED', `the manifest was refused: ${error.message}`);
}

/** A link that signs a browser in to the console, once and within five minutes. */
export async function signInLink(api: Api, path: string): Promise<string> {
  const { createSignInLink } = await ask<{ createSignInLink: { url: string | null } }>(
    api,
    'mutation ($input: CreateSignInLinkInput!) { createSignInLink(input: $input) { url } }',
    { input: { path } },
  );
  if (createSignInLink.url === null) throw new CartwrightError('DEMO_FAILED', 'the control plane made no link');
  return createSignInLink.url;
}

export async function applicationUrl(api: Api, name: string): Promise<string | null> {
  const { application } = await ask<{ application: { url: string | null } | null }>(
    api,
    'query ($name: String!) { application(name: $name) { url } }',
    { name },
  );
  return application?.url ?? null;
}

/** Evaluations that decided not to act, each with a reason and a sentence; runs of equal ones count as often as they happened. */
export async function explainedNonActions(api: Api, ref: { application: string; alias: string }): Promise<number> {
  interface Page {
    serviceCluster: {
      decisions: {
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
        edges: { node: { acted: boolean; count: number; sentence: string; reasonCode: string } }[];
      };
    };
  }
  let total = 0;
  let after: string | null = null;
  do {
    const page: Page = await ask<Page>(
      api,
      `query ($ref: ServiceClusterRef!, $after: String) { serviceCluster(ref: $ref) { decisions(first: 200, after: $after) {
        pageInfo { hasNextPage endCursor } edges { node { acted count sentence reasonCode } } } } }`,
      { ref, after },
    );
    const { edges, pageInfo } = page.serviceCluster.decisions;
    for (const { node } of edges)
      if (!node.acted && node.sentence !== '' && node.reasonCode !== '') total += node.count;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return total;
}
