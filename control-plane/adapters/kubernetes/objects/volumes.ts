/** What instances with data have beside their pods: claims of volumes, and the service that a StatefulSet's pods have their names in. Pure. */
import type {
  V1LabelSelector,
  V1PersistentVolumeClaim,
  V1PodSecurityContext,
  V1Service,
  V1StatefulSet,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { mountPathIn, type Volume } from '../../../../schema/manifests/volume.ts';

/**
 * The group whose volumes are: kubelets give them to it (all but those of host paths), and every process of the pod is in it, whatever user the image
 * names. That of the user of the platform's own images.
 */
export const VOLUMES_GROUP_ID = 10_001;
export const VOLUMES_GROUP: V1PodSecurityContext = {
  fsGroup: VOLUMES_GROUP_ID,
  fsGroupChangePolicy: 'OnRootMismatch',
};

/** Of a pod's volume and its claim; the pod has volumes of other names. */
const PREFIX = 'volume-';

/** `labels`: by which claims are found again. */
export function claimTemplates(
  volumes: readonly Volume[],
  labels: Readonly<Record<string, string>>,
): V1PersistentVolumeClaim[] {
  return volumes.map(({ name, sizeBytes, storageClass }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `${PREFIX}${name}`, labels: { ...labels } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: String(sizeBytes) } },
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    },
  }));
}

/** `directory`: that of the instance. */
export function claimMounts(volumes: readonly Volume[], directory: string): V1VolumeMount[] {
  return volumes.map((volume) => ({ name: `${PREFIX}${volume.name}`, mountPath: mountPathIn(directory, volume) }));
}

export interface GoverningServiceRequest {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: V1LabelSelector;
}

/** Without an address: a name for each pod, also of one that is not ready, for those of a data store that look for each other. */
export function governingService({ name, namespace, labels, selector }: GoverningServiceRequest): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { ...labels } },
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: { ...selector.matchLabels } },
  };
}

export function isStateful(workload: object): workload is V1StatefulSet {
  const { spec } = workload as V1StatefulSet;
  return spec?.serviceName !== undefined;
}

/** Names of the volumes of a StatefulSet. */
export function volumesIn({ spec }: V1StatefulSet): string[] {
  return (spec?.volumeClaimTemplates ?? []).map(({ metadata }) => (metadata?.name ?? '').slice(PREFIX.length));
}

/** The number of a StatefulSet's pod, from 0; `undefined` of other pods. */
export function ordinalOf({ metadata }: { readonly metadata?: { readonly name?: string } }): number | undefined {
  const number = /-(\d{1,6})$/.exec(metadata?.name ?? '')?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Of the claims of an ordinal's pod: `TEMPLATE-NAME-ORDINAL`. */
export function claimsOf(
  workload: V1StatefulSet,
  ordinal: number,
): { readonly volume: string; readonly claim: string }[] {
  const name = workload.metadata?.name ?? '';
  return volumesIn(workload).map((volume) => ({ volume, claim: `${PREFIX}${volume}-${name}-${ordinal}` }));
}
