/** The release document of a service cluster as it lies in the tenant's namespace. Pure. */
import type { V1OwnerReference, V1Secret } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import {
  MAX_RELEASE_DOCUMENT_BYTES,
  RELEASE_DOCUMENT_FILE,
  type ArtifactServer,
  type Balancing,
  type ReleaseDocument,
} from '../../../../schema/agent/release-document.ts';
import type { KeptRelease } from '../../../app/ports/provider.ts';
import { DIGEST_ANNOTATION, LABELS, platformLabels, workloadName, type ClusterIdentity } from './names.ts';
import type { PortNumber } from './workload.ts';

const SECRET_TYPE = 'cartwright.dev/release';

/** Of the whole service cluster, whatever partitions it is in. */
export function releaseName(identity: ClusterIdentity): string {
  return workloadName(identity, 'release');
}

export interface ReleasePlace {
  /** Of the instance endpoints, as pods reach them. */
  readonly controlPlane: string;
  readonly ports: readonly PortNumber[];
  readonly artifactServer?: ArtifactServer;
  readonly balancing?: Balancing;
}

/** The text, without certificates where it is longer than Kubernetes takes with them; `undefined` where it is too long without. */
export function releaseText(kept: KeptRelease, place: ReleasePlace): string | undefined {
  const { certificates, ...others } = kept;
  return (certificates && boundedText(kept, place)) ?? boundedText(others, place);
}

function boundedText(
  kept: KeptRelease,
  { controlPlane, ports, artifactServer, balancing }: ReleasePlace,
): string | undefined {
  const {
    certificates,
    identity,
    cartridge,
    documentsBase,
    stable,
    configuration,
    secrets,
    metadata,
    reportIntervalSeconds,
  } = kept;
  const document: ReleaseDocument = {
    v: 1,
    instance: {
      v: 1,
      ...identity,
      controlPlane,
      ...(documentsBase === controlPlane ? {} : { documentsBase }),
      ports: ports.map((port) => ({ ...port })),
      cartridge,
    },
    ...{ stable, configuration, reportIntervalSeconds },
    ...(secrets === undefined ? {} : { secrets }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(artifactServer === undefined ? {} : { artifactServer }),
    ...(balancing === undefined ? {} : { balancing }),
    ...(certificates === undefined ? {} : { certificates }),
  };
  const text = JSON.stringify(document);
  return Buffer.byteLength(text) > MAX_RELEASE_DOCUMENT_BYTES ? undefined : text;
}

export interface ReleaseSecretRequest {
  readonly platform: string;
  readonly namespace: string;
  readonly identity: ClusterIdentity;
  readonly text: string;
  /** What its pods are made by: it goes with the last of them. */
  readonly owners: readonly V1OwnerReference[];
}

/** Without the annotation of what was applied, which other objects have: nothing of it is to stand anywhere else. */
export function releaseSecret({ platform, namespace, identity, text, owners }: ReleaseSecretRequest): V1Secret {
  const { tenant, application, alias, cluster } = identity;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: SECRET_TYPE,
    metadata: {
      name: releaseName(identity),
      namespace,
      labels: {
        ...platformLabels(platform),
        [LABELS.partOf]: application,
        [LABELS.tenant]: tenant,
        [LABELS.application]: application,
        [LABELS.alias]: alias,
        [LABELS.cluster]: cluster,
      },
      annotations: { [DIGEST_ANNOTATION]: createHash('sha256').update(text).digest('hex') },
      ownerReferences: [...owners],
    },
    data: { [RELEASE_DOCUMENT_FILE]: Buffer.from(text).toString('base64') },
  };
}
