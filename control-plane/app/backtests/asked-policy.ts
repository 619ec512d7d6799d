/** The policy that is to be tried, from the text of a manifest. */
import { parseManifests } from '../../../schema/manifests/parse.ts';
import type { AutoscalingPolicySpec } from '../../../schema/manifests/policy.ts';
import { checkFactors } from '../apply/checks.ts';
import { refuse } from '../apply/refusal.ts';
import { RequestError } from '../errors.ts';

const MOST_CHARACTERS = 64 * 1024;

/** Throws `RequestError` INVALID with all that is wrong, each at its place. */
export function readPolicy(
  text: string,
  fileName = 'policy',
): { readonly name: string; readonly spec: AutoscalingPolicySpec } {
  if (text.length > MOST_CHARACTERS)
    throw new RequestError('INVALID', `${fileName}: a policy has at most ${MOST_CHARACTERS} characters`, {
      field: 'policy',
    });
  const parsed = parseManifests(text, fileName, { kinds: ['AutoscalingPolicy'] });
  if (!parsed.ok) {
    refuse(parsed.errors, 'INVALID');
    throw new RequestError('INVALID', `${fileName}: cannot be read`, { field: 'policy' });
  }
  const [manifest, ...more] = parsed.manifests;
  if (manifest?.kind !== 'AutoscalingPolicy' || more.length > 0)
    throw new RequestError(
      'INVALID',
      `${fileName}: expected one AutoscalingPolicy, found ${parsed.manifests.length} objects`,
      { field: 'policy' },
    );
  const problems = checkFactors(manifest.spec, ['spec']).map((problem) => ({ index: 0, problem }));
  refuse(parsed.locate(problems), 'INVALID');
  return { name: manifest.metadata.name, spec: manifest.spec };
}
