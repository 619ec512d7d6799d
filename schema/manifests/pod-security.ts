/** The levels of the Pod Security Standards of Kubernetes (https://kubernetes.io/docs/concepts/security/pod-security-standards/), the strictest first. */
import * as z from 'zod';

const LEVELS = ['restricted', 'baseline', 'privileged'] as const;

export const podSecurity = z.enum(LEVELS);
export type PodSecurity = z.infer<typeof podSecurity>;

/** Whether what needs `asked` runs where `allowed` is enforced. */
export function isWithin(asked: PodSecurity, allowed: PodSecurity): boolean {
  return LEVELS.indexOf(asked) <= LEVELS.indexOf(allowed);
}
