/** What a new policy begins with. */
import type { PolicyKind } from '../../generated/operations.ts';
import { KINDS } from './kinds.ts';

export interface Template {
  readonly id: string;
  readonly title: string;
  /** The specification as YAML, with what it is for. */
  readonly spec: string;
}

const AUTOSCALING: readonly Template[] = [
  {
    id: 'requests',
    title: 'By requests in flight',
    spec: `spec:
  minimum: 1
  maximum: 10
  factors:
    # What one instance shall carry: about 70 % of what it can serve at once.
    requestsInFlight: { target: 7 }
`,
  },
  {
    id: 'load',
    title: 'By load average',
    spec: `spec:
  minimum: 1
  maximum: 10
  factors:
    # Per cent of the declared CPU.
    loadAverage: { target: 70 }
`,
  },
  {
    id: 'careful',
    title: 'Careful: grows fast, shrinks late',
    spec: `spec:
  minimum: 2
  maximum: 20
  factors:
    requestsInFlight: { target: 5 }
    loadAverage: { target: 60 }
  scaleUp:
    maximumFactor: 4
  scaleDown:
    maximumInstances: 1
    periodSeconds: 60
    # What was wanted in the last ten minutes stays.
    regretSeconds: 600
`,
  },
  {
    id: 'thrifty',
    title: 'Thrifty: none while nothing is asked',
    spec: `spec:
  # The first request starts one, and waits for it.
  minimum: 0
  maximum: 10
  factors:
    requestsInFlight: { target: 8 }
  idleSeconds: 300
`,
  },
  {
    id: 'watching',
    title: 'Only watching: decides and does not act',
    spec: `spec:
  minimum: 1
  maximum: 10
  factors:
    requestsInFlight: { target: 7 }
  # Decisions are recorded; "active" acts on them.
  mode: shadow
`,
  },
];

const DEPLOYMENT: readonly Template[] = [
  {
    id: 'one-after-another',
    title: 'One host cluster, and another when it is full',
    spec: `spec:
  algorithm: one-after-another
  partitions:
    - name: home
      hostCluster: frankfurt
      maximum: 10
    # What finds no place goes here, and comes back.
    - name: away
      hostCluster: dublin
`,
  },
  {
    id: 'round-robin',
    title: 'Evenly over zones',
    spec: `spec:
  algorithm: round-robin
  partitions:
    - { name: a, hostCluster: frankfurt, zone: eu-central-1a }
    - { name: b, hostCluster: frankfurt, zone: eu-central-1b }
`,
  },
];

export const TEMPLATES: Readonly<Record<PolicyKind, readonly Template[]>> = {
  AUTOSCALING_POLICY: AUTOSCALING,
  DEPLOYMENT_POLICY: DEPLOYMENT,
};

/** The manifest of a new policy. @param id of a template; another one is the first */
export function manifestFrom(kind: PolicyKind, name: string, id: string | undefined): string {
  const templates = TEMPLATES[kind];
  const { spec } = templates.find((template) => template.id === id) ?? templates[0]!;
  return `${headOf(kind, name)}${spec}`;
}

/** What stands above the specification. */
export function headOf(kind: PolicyKind, name: string): string {
  return `apiVersion: cartwright.dev/v1\nkind: ${KINDS[kind].manifestKind}\nmetadata:\n  name: ${name}\n`;
}
