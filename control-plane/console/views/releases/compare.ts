/** What is different between two releases, in the order in which people ask. */
import { differences, type Difference } from '../../components/json-difference.ts';
import { firstLine, shortCommit } from '../../components/words.ts';
import type { ReleaseFactsFragment, ReleasesDifferenceQuery, SourceFactsFragment } from '../../generated/operations.ts';

export type Release = ReleaseFactsFragment;
export type ReleaseDifference = NonNullable<NonNullable<ReleasesDifferenceQuery['release']>['differenceFrom']>;

/** What stands in the place of what nobody is told. */
export const SECRET = 'a secret';

export function rowsOf({ source, artifact, cartridge, variables, secrets, parts }: ReleaseDifference): Difference[] {
  return [
    ...(source === null ? [] : differences(sourceFacts(source.before), sourceFacts(source.after))),
    ...(artifact === null ? [] : [row('artifact', artifact.before, artifact.after)]),
    ...(cartridge === null ? [] : differences(cartridgeFacts(cartridge.before), cartridgeFacts(cartridge.after))),
    ...variables.flatMap((variable) => variableRow(variable, secrets)),
    ...secrets.map(({ name, before, after }) => row(`secret ${name}`, versionText(before), versionText(after))),
    ...parts.flatMap(({ part, before, after }) => differences(before ?? undefined, after ?? undefined, [part])),
  ];
}

function row(name: string, before: unknown, after: unknown): Difference {
  return { path: [name], before: before ?? undefined, after: after ?? undefined };
}

function sourceFacts(source: SourceFactsFragment | null): Readonly<Record<string, string>> {
  if (source === null) return {};
  const { origin } = source;
  if (origin.__typename === 'UploadOrigin') return { upload: `${origin.digest} by ${origin.by}` };
  return { commit: `${shortCommit(origin.commit)} ${firstLine(origin.message)}`, repository: origin.url };
}

function cartridgeFacts({ name, version, image }: NonNullable<ReleaseDifference['cartridge']>['before']) {
  return { cartridge: `${name} ${version}`, ...(image === null ? {} : { image }) };
}

/** Where one of the two has a secret of the name, neither value is told: the secret's own row says the rest. */
function variableRow(
  { name, before, after, change }: ReleaseDifference['variables'][number],
  secrets: ReleaseDifference['secrets'],
): Difference[] {
  const isSecret = secrets.some((secret) => secret.name === name);
  const value = (text: string | null, isThere: boolean): string | undefined =>
    text ?? (isThere && isSecret ? SECRET : undefined);
  return [row(`environment.${name}`, value(before, change !== 'ADDED'), value(after, change !== 'REMOVED'))];
}

function versionText(version: number | null): string | undefined {
  return version === null ? undefined : `version ${version}`;
}
