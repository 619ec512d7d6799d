/** Asks an API server for each right that is needed (SelfSubjectAccessReview), so that all that are missing are named at once. */
import { AuthorizationV1Api, type KubeConfig } from '@kubernetes/client-node';
import pLimit from 'p-limit';
import { RIGHTS } from './rights.ts';

const AT_ONCE = 8;

/** One line for each resource of which something is missing: `deployments/scale (apps): get, patch`. */
export async function missingRights(config: KubeConfig, signal: AbortSignal): Promise<string[]> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const limit = pLimit(AT_ONCE);
  const lines = await Promise.all(
    RIGHTS.map(async ({ group, resource: full, verbs }) => {
      const [resource, subresource] = full.split('/') as [string, string | undefined];
      const missing = await Promise.all(
        verbs.map((verb) =>
          limit(async () => {
            signal.throwIfAborted();
            // Without a namespace: in all of them, those of tenants to come included.
            const resourceAttributes = { group, resource, verb, ...(subresource === undefined ? {} : { subresource }) };
            const review = await api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
            return review.status?.allowed === true ? [] : [verb];
          }),
        ),
      );
      const named = missing.flat();
      return named.length === 0 ? [] : [`${full}${group === '' ? '' : ` (${group})`}: ${named.join(', ')}`];
    }),
  );
  return lines.flat();
}
