/** `kind: AutoscalingPolicy` and `kind: DeploymentPolicy`. */
import * as z from 'zod';
import { manifest, name, seconds } from './envelope.ts';

const factor = z.strictObject({
  /** Value of the factor that one instance shall carry: per cent for loadAverage and memory, a rate or number otherwise. */
  target: z.number().positive().max(1e9),
  /** Part of an instance's value that does not divide among instances (idle memory, idle CPU); learnt if absent. */
  base: z.number().min(0).max(1e9).optional(),
});

export const autoscalingPolicySpec = z
  .strictObject({
    minimum: z.int().min(0).max(10_000).optional(),
    maximum: z.int().min(1).max(10_000).optional(),
    /** By registered factor name; only the factors named here take part. Absent: the platform's defaults. */
    factors: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,39}$/), factor).optional(),
    /** Horizon t of the forecast; measured from starts if absent. */
    horizonSeconds: z.number().min(2).max(120).optional(),
    /** Length of the window that the forecast is fitted to. */
    windowSeconds: z.number().min(10).max(120).optional(),
    /** Relative difference between wanted and present capacity that is not acted on. */
    tolerance: z.number().min(0).max(1).optional(),
    scaleUp: z
      .strictObject({
        maximumInstances: z.int().min(1).optional(),
        maximumFactor: z.number().min(1).optional(),
        periodSeconds: seconds.optional(),
      })
      .optional(),
    scaleDown: z
      .strictObject({
        maximumInstances: z.int().min(1).optional(),
        periodSeconds: seconds.optional(),
        regretSeconds: z.number().min(0).max(3600).optional(),
      })
      .optional(),
    /** How long nothing must have been asked of it before its last instance goes, where the minimum is 0. */
    idleSeconds: z.number().min(0).max(86_400).optional(),
    mode: z.enum(['active', 'shadow']).optional().describe('shadow: decide and record, do not act.'),
  })
  .superRefine(({ minimum, maximum }, context) => {
    if (minimum === undefined || maximum === undefined || minimum <= maximum) return;
    const message = `expected at least the minimum, ${minimum}, found ${maximum}`;
    context.addIssue({ code: 'custom', path: ['maximum'], message });
  });
export type AutoscalingPolicySpec = z.infer<typeof autoscalingPolicySpec>;
export const autoscalingPolicyManifest = manifest('AutoscalingPolicy', autoscalingPolicySpec);

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = z
  .string()
  .regex(LABEL, 'expected 1 to 63 letters, digits, ".", "_" and "-", as the value of a label');
const labelKey = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'expected the key of a label, such as example.org/pool',
  );

const partition = z.strictObject({
  name,
  hostCluster: name,
  /** Most instances of one service cluster there. */
  maximum: z.int().min(1).max(100_000).optional(),
  /** Only nodes of this zone: their label topology.kubernetes.io/zone. */
  zone: labelValue.optional(),
  /** Only nodes with these labels. */
  nodeSelector: z
    .record(labelKey, labelValue)
    .refine((labels) => Object.keys(labels).length <= 16, 'expected at most 16 labels')
    .optional(),
});

const deploymentPolicySpec = z.strictObject({
  partitions: z.array(partition).min(1).max(64),
  algorithm: z.enum(['round-robin', 'one-after-another', 'by-room']).default('one-after-another'),
});
export type DeploymentPolicySpec = z.infer<typeof deploymentPolicySpec>;
export const deploymentPolicyManifest = manifest('DeploymentPolicy', deploymentPolicySpec);
