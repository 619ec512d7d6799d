/** What is stored of what tenants ask for: applications and policies. Plain records; times are milliseconds since the epoch. */
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';

export interface PolicyRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'AutoscalingPolicy' | 'DeploymentPolicy';
  readonly generation: number;
  readonly updatedAt: number;
  /** The manifest as stored, with its apiVersion. */
  readonly manifest: unknown;
}

export interface ApplicationRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Set when deletion was asked for; the record goes when nothing runs any more. */
  readonly deletingSince: number | null;
  readonly manifest: ApplicationManifest;
}
