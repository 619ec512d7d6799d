/** Cartridges that are applied: images with their manifest, beside those that are installed as folders of the control plane. */
import { isDeepStrictEqual } from 'node:util';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import type { Problem } from '../../../schema/manifests/problem.ts';
import type { NewUid } from '../ports/clock.ts';
import { checkExpected } from '../ask/scope.ts';
import { type CartridgeRecord, IMAGE_DIRECTORY } from '../records/cartridges.ts';
import { referenceProblem } from './checks.ts';
import { appliedOf, outcome } from './next-application.ts';
import type { Next } from './next.ts';

/** What of it the control plane cannot take. `present`: what is stored under its name. Pure. */
function checkAppliedCartridge(manifest: CartridgeManifest, present: CartridgeRecord | undefined): Problem[] {
  const { metadata, spec } = manifest;
  if (spec.image === undefined)
    return [
      {
        code: 'MANIFEST_NOT_SUPPORTED',
        path: ['spec', 'image'],
        at: 'key',
        message:
          'expected the image of the cartridge, since one without is installed as a folder beside the control plane; "cartwright cartridge push" makes one',
      },
    ];
  const problems: Problem[] = [];
  if (present !== undefined && present.directory !== IMAGE_DIRECTORY)
    problems.push(
      referenceProblem(
        ['metadata', 'name'],
        `"${metadata.name}" is installed as a folder beside the control plane; expected another name`,
      ),
    );
  if (metadata.tenant !== undefined)
    problems.push(referenceProblem(['metadata', 'tenant'], 'a cartridge is the platform’s; expected no tenant', 'key'));
  if (!isDeepStrictEqual(spec.runtimes, ['container'])) {
    const found = spec.runtimes.join(', ');
    const why = 'its hooks are in its image and not on this machine';
    problems.push(referenceProblem(['spec', 'runtimes'], `expected container alone, found ${found}: ${why}`));
  }
  if (spec.artifact.required && spec.hooks.start === undefined)
    problems.push(
      referenceProblem(['spec', 'hooks'], 'expected the hook start, the program that starts an application', 'key'),
    );
  return problems;
}

/**
 * What a cartridge becomes by a manifest, and what is wrong with that. Throws `RequestError` CONFLICT where somebody else has changed it
 * meanwhile.
 */
export function cartridgeAsked(
  manifest: CartridgeManifest,
  stored: readonly CartridgeRecord[],
  options: { readonly expectedGeneration?: number; readonly now: () => number; readonly newUid: NewUid },
): { readonly next: Next<CartridgeRecord>; readonly problems: readonly Problem[] } {
  const { kind, metadata } = manifest;
  const present = stored.find(({ name }) => name === metadata.name);
  checkExpected(`${kind} ${metadata.name}`, present?.generation ?? 0, options.expectedGeneration);
  const result = outcome(present?.manifest, manifest);
  const record: CartridgeRecord = {
    uid: present?.uid ?? options.newUid(options.now()),
    name: metadata.name,
    generation: (present?.generation ?? 0) + (result === 'unchanged' ? 0 : 1),
    directory: IMAGE_DIRECTORY,
    digest: null,
    manifest,
  };
  return {
    next: {
      record,
      applied: appliedOf({ kind, name: record.name, uid: record.uid, result }, present?.manifest, manifest),
    },
    problems: checkAppliedCartridge(manifest, present),
  };
}

/** What is stored, with what is to be stored in its place. */
export function withNext(
  stored: readonly CartridgeRecord[],
  next: readonly CartridgeRecord[],
): readonly CartridgeRecord[] {
  return [...stored.filter(({ name }) => !next.some((other) => other.name === name)), ...next];
}
