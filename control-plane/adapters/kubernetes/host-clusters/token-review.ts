/** Asks an API server of which pod a token is (TokenReview), for one audience. */
import { AuthenticationV1Api, type KubeConfig } from '@kubernetes/client-node';
import type { ReviewedPod } from '../../../app/ports/pods.ts';

/** What Kubernetes says beside the user of a token that is bound to a pod. */
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const USER = /^system:serviceaccount:([a-z0-9-]{1,63}):([a-z0-9.-]{1,253})$/;
const UID = /^[0-9a-f-]{36}$/;

/** `null`: no token of this cluster, one that has ended, one for somebody else, or one that is bound to no pod, or to a pod that is gone. */
export async function reviewPodToken(config: KubeConfig, token: string, audience: string): Promise<ReviewedPod | null> {
  const api = config.makeApiClient(AuthenticationV1Api);
  const { status } = await api.createTokenReview({ body: { spec: { token, audiences: [audience] } } });
  // An API server that knows no audiences says yes to any of them.
  if (status?.authenticated !== true || status.audiences?.includes(audience) !== true) return null;
  const [, namespace, serviceAccount] = USER.exec(status.user?.username ?? '') ?? [];
  const [uid] = status.user?.extra?.[POD_UID] ?? [];
  if (namespace === undefined || serviceAccount === undefined || uid === undefined || !UID.test(uid)) return null;
  return { uid, namespace, serviceAccount };
}
