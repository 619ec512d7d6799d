/** `kind: Application`: a tree of components. What the platform cannot do yet is refused by name, never ignored. */
import * as z from 'zod';
import { strictLimits } from '../mqtt/limits.ts';
import { strictLoadBalancerSettings } from '../mqtt/load-balancer-settings.ts';
import { route } from '../mqtt/topology.ts';
import { cartridgeSpec, resources } from './cartridge.ts';
import { argument, manifest, name } from './envelope.ts';
import { drain } from './drain.ts';
import { logFiles } from './log-file.ts';
import { autoscalingPolicySpec } from './policy.ts';
import { LONGEST_VALUE, variableName } from './variable.ts';

/** The part of git-check-ref-format(1) that keeps a name from being an option, a pattern or a revision expression. */
const ref = z
  .string()
  .max(250)
  .regex(/^(?![-/.])(?!.*(\.\.|\/\/|@\{|\.lock$|[/.]$))[^\s\p{Cc}~^:?*[\\]+$/u, 'expected the name of a branch or tag');

/** A name alone is part of an ssh address; over HTTP it is where a token would stand. */
function holdsNoSecret(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { protocol, username, password } = new URL(url);
  return password === '' && (protocol === 'ssh:' || username === '');
}

const git = z
  .strictObject({
    url: z
      .string()
      .max(2000)
      .regex(/^[^\s-]\S*$/, 'expected a URL such as https://host/path.git, without spaces')
      // A custom rule, because its message does not repeat the value; and before anything is stored.
      .refine(
        holdsNoSecret,
        'expected a URL without user and password: everybody who sees the manifest would see them',
      ),
    branch: ref.optional(),
    tag: ref.optional(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}$/, 'expected a full commit id of 40 hex digits')
      .optional(),
    /** Folder of the repository that is the source; its root if absent. */
    directory: z
      .string()
      .max(500)
      .regex(
        /^(?![/-])(?!.*(^|\/)\.\.(\/|$)).+$/,
        'expected a folder inside the repository, without .. and not absolute',
      )
      .optional(),
    /** Name of a credential of the tenant; absent: everybody may read the repository. */
    credentials: name.optional(),
    update: z.enum(['automatic', 'manual']).default('automatic'),
  })
  .refine(
    (value) => [value.branch, value.tag, value.commit].filter((ref) => ref !== undefined).length <= 1,
    'expected at most one of branch, tag and commit',
  );

/** As load balancers read it, but here an unknown field is an error. */
const strictRoute = z.strictObject({ ...route.shape, limits: strictLimits.optional() });

const cartridgeComponent = z.strictObject({
  kind: z.literal('cartridge'),
  alias: name,
  cartridge: name,
  /** Absent: a tree is uploaded by `cartwright deploy`. */
  source: z.strictObject({ git }).optional(),
  start: z.array(argument.min(1).max(4096)).min(1).max(64).optional(),
  environment: z.record(variableName, argument.max(LONGEST_VALUE)).default({}),
  concurrency: z.int().min(1).max(100_000).optional(),
  resources: resources.partial().optional(),
  readiness: cartridgeSpec.shape.readiness,
  /** Files that it writes itself and that belong to its log, over the cartridge's of the same name. */
  logs: logFiles.optional(),
  routes: z.array(strictRoute).max(64).optional(),
  /** The name of a stored policy, or one written here. */
  autoscaling: z.union([name, autoscalingPolicySpec]).optional(),
  deployment: name.optional(),
});
export type CartridgeComponent = z.infer<typeof cartridgeComponent>;

export const groupComponent = z
  .object({ kind: z.literal('group') })
  .refine(() => false, 'components of kind group are not supported yet');

const component = z.discriminatedUnion('kind', [cartridgeComponent, groupComponent]);

function unsupported(feature: string) {
  return z.undefined({ error: `${feature} is not supported yet` }).optional();
}

const applicationSpec = z.strictObject({
  components: z.array(component).min(1).max(100),
  /** Where the log is sent as well. */
  drains: z.array(drain).max(8).optional(),
  /** Of all requests to the application. */
  limits: strictLimits.optional(),
  /** Of the load balancer that the platform puts in front of it. */
  loadBalancer: strictLoadBalancerSettings.optional(),
  startupOrder: unsupported('startupOrder'),
  scalingDependents: unsupported('scalingDependents'),
  termination: unsupported('termination'),
});

export const applicationManifest = manifest('Application', applicationSpec);
export type ApplicationManifest = z.infer<typeof applicationManifest>;
