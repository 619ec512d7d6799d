/** What the pods of a tenant's namespace pull their images with. Pure. */
import type { V1Secret } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { DIGEST_ANNOTATION, LABELS, platformLabels } from './names.ts';

export const PULL_SECRET = 'cartwright-pull';
const NONE = '{"auths":{}}';

/**
 * There is always one, if with nothing in it: pods name their pull secrets when they are made, and one that waits for its image pulls it as soon as there is
 * something to pull it with.
 *
 * @param text the file `config.json` of Docker, which names users and passwords by registry
 */
export function pullSecret(platform: string, namespace: string, tenant: string, text: string = NONE): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: {
      name: PULL_SECRET,
      namespace,
      labels: { ...platformLabels(platform), [LABELS.tenant]: tenant },
      annotations: { [DIGEST_ANNOTATION]: createHash('sha256').update(text).digest('hex') },
    },
    data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
  };
}
