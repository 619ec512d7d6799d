/**
 * How a pod becomes an instance, or a one-off task. All pods of a service cluster are made of one template, so what an instance is cannot lie in it: the agent
 * shows the token that Kubernetes gives its pod (`POST {control plane}/instance/v1/identity`), and is answered which instance it is.
 *
 * Answers otherwise: 400 (not understood), 401 (the token is not that of a pod of an instance), 403 (it is, and the instance is not to run any more), 409
 * with the code {@link UNBOUND} and `retry-after` (no instance has taken the pod yet: ask again), 429, 503 (the host cluster cannot be asked), each
 * with `{"error": {"code", "message"}}`.
 */
import * as z from 'zod';
import { id } from '../mqtt/payload.ts';
import { instanceDocument } from './instance.ts';

/** Of all that instances ask, below the address of a control plane. */
export const INSTANCE_PATH = '/instance/v1';
export const IDENTITY_PATH = `${INSTANCE_PATH}/identity`;

/** The code of an answer 409: which instance the pod is will be known in a moment. */
export const UNBOUND = 'UNBOUND';

/** Largest request, in bytes: tokens of service accounts have one or two thousand. */
export const MAX_IDENTITY_REQUEST_BYTES = 16 * 1024;
/** Largest answer, in bytes. */
export const MAX_IDENTITY_ANSWER_BYTES = 512 * 1024;

export const identityRequest = z.object({
  v: z.literal(1),
  /** Uid of the host cluster in which the pod is. */
  hostCluster: id,
  /** The pod's projected service-account token: a JWT. */
  token: z
    .string()
    .max(8192)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/),
});
export type IdentityRequest = z.infer<typeof identityRequest>;

/**
 * An instance's document without what the pod alone knows: its folders and its address. With `task` or `build` it is that of a one-off task or a build, which is
 * answered only to pods that were begun as one (`--task`, `--build`): an agent that knows of none in pods would take it for an instance.
 */
export const identityDocument = instanceDocument
  .omit({
    provider: true,
    brokerCaFile: true,
    user: true,
    memoryGroup: true,
    tokenFile: true,
    advertisedHost: true,
    listenHost: true,
    ordinal: true,
    volumes: true,
  })
  .extend({ cartridge: instanceDocument.shape.cartridge.omit({ directory: true, versions: true }) });

export const identityAnswer = z.object({
  v: z.literal(1),
  document: identityDocument,
  /** The instance's token, for the broker and the control plane's instance endpoints. */
  token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  /** After this time the agent asks again, with a token of its pod that is fresh then. */
  renewAfterSeconds: z.int().min(5).max(86_400),
  /** PEM of the authorities that certificates of the brokers and of the control plane are checked with; absent: the public ones. */
  brokerCa: z
    .string()
    .max(64 * 1024)
    .optional(),
});
export type IdentityAnswer = z.infer<typeof identityAnswer>;
