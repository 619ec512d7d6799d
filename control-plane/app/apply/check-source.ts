/** Whether a source that a manifest names may be read at all: said as it is applied, and not only by the first look at it. */
import type { CartridgeComponent } from '../../../schema/manifests/application.ts';
import type { FieldPath, Problem } from '../../../schema/manifests/problem.ts';
import { openCredential } from '../credentials/credentials.ts';
import { SecretError, SourceError } from '../errors.ts';
import type { SourceFetcher } from '../ports/artifacts.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { GitSource } from '../deploy/source-checks.ts';
import { referenceProblem } from './checks.ts';

export interface SourceChecks {
  readonly store: Store;
  readonly vault: Pick<Vault, 'open'>;
  readonly fetcher: Pick<SourceFetcher, 'check'>;
}

export interface SourceProblem {
  readonly problem: Problem;
  /** Of the source's own: what the request is refused with where nothing else is wrong. */
  readonly code: string;
}

/**
 * What is wrong with a component's source, at the field at fault. One that is the same as before is not looked at again: an
 * application that an operator made can be changed by others. Throws what is no fault of the manifest.
 */
export async function checkSource(
  { store, vault, fetcher }: SourceChecks,
  { alias, source }: CartridgeComponent,
  present: ApplicationRecord | undefined,
  { tenant, at, mayUseFolders }: { readonly tenant: string; readonly at: FieldPath; readonly mayUseFolders: boolean },
): Promise<SourceProblem[]> {
  if (source === undefined) return [];
  const { url, credentials } = source.git;
  const before = gitOf(present, alias);
  if (before?.url === url && before.credentials === credentials) return [];
  const found = (field: 'url' | 'credentials', code: string, message: string): SourceProblem[] => [
    { code, problem: referenceProblem([...at, 'source', 'git', field], message) },
  ];
  if (!mayUseFolders && isFolder(url)) return found('url', 'INVALID', FOLDER_REFUSAL);
  try {
    const credential = credentials === undefined ? undefined : await openCredential(store, vault, tenant, credentials);
    try {
      await fetcher.check({ tenant, url, ...(credential === undefined ? {} : { credential }) });
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return found('url', error.code, error.message);
    }
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof SecretError)) throw error;
    return found('credentials', error.code, error.message);
  }
  return [];
}

/** Whether a URL leads to a folder of the platform's machine. */
export function isFolder(url: string): boolean {
  return /^(file:|\/)/i.test(url);
}

export const FOLDER_REFUSAL = "folders of the platform's machine are for operators; use https:// or ssh://";

export function gitOf(present: ApplicationRecord | undefined, alias: string): GitSource | undefined {
  const components = present?.manifest.spec.components ?? [];
  const before = components.find((component) => component.kind === 'cartridge' && component.alias === alias);
  return before?.kind === 'cartridge' ? before.source?.git : undefined;
}
