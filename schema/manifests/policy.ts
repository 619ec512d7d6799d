/** `kind: AutoscalingPolicy` and `kind: DeploymentPolicy`. */
import * as z from 'zod';
import { manifest, name, seconds } from './envelope.ts';

const factor = z.strictObject({
  target: z
    .number()
    .positive()
    .max(1e9)
    .describe('What one instance shall carry: per cent for loadAverage and memory, a rate or a number otherwise.'),
  base: z
    .number()
    .min(0)
    .max(1e9)
    .optional()
    .describe('Part of that which does not divide among instances (idle memory, idle CPU); learnt if absent.'),
});

export const autoscalingPolicySpec = z
  .strictObject({
    minimum: z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe('Fewest instances; 0: none while nothing is asked of them. 1 if absent, on Kubernetes 2.'),
    maximum: z.int().min(1).max(10_000).optional().describe('Most instances; 10 if absent.'),
    factors: z
      .record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,39}$/), factor)
      .optional()
      .describe(
        'What it scales by, and nothing else: requestsInFlight, requestsPerSecond, loadAverage, memory, or app- and the name of a gauge of the application. If absent: requestsInFlight where a concurrency is declared, and loadAverage at 70 %.',
      ),
    horizonSeconds: z
      .number()
      .min(2)
      .max(120)
      .optional()
      .describe('How far ahead the load is predicted, in seconds; as long as starts take if absent.'),
    windowSeconds: z
      .number()
      .min(10)
      .max(120)
      .optional()
      .describe('The past that the forecast is fitted to, in seconds; 60 if absent.'),
    tolerance: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Relative difference between wanted and present capacity that is not acted on, 0 to 1.'),
    scaleUp: z
      .strictObject({
        maximumInstances: z.int().min(1).optional().describe('Most instances added within a period; 8 if absent.'),
        maximumFactor: z
          .number()
          .min(1)
          .optional()
          .describe('Most times as many as at the beginning of a period; 3 if absent.'),
        periodSeconds: seconds.optional().describe('Length of a period in seconds; 10 if absent.'),
      })
      .optional()
      .describe('How fast it grows.'),
    scaleDown: z
      .strictObject({
        maximumInstances: z.int().min(1).optional().describe('Most instances taken away within a period; 4 if absent.'),
        periodSeconds: seconds.optional().describe('Length of a period in seconds; 10 if absent.'),
        regretSeconds: z
          .number()
          .min(0)
          .max(3600)
          .optional()
          .describe(
            'How long an instance must not have been wanted before it goes, in seconds; four horizons if absent.',
          ),
      })
      .optional()
      .describe('How fast it shrinks.'),
    idleSeconds: z
      .number()
      .min(0)
      .max(86_400)
      .optional()
      .describe('How long nothing must have been asked of it before its last instance goes, where the minimum is 0.'),
    mode: z.enum(['active', 'shadow']).optional().describe('shadow: decide and record, do not act; active if absent.'),
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
