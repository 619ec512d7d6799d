/** Hooks that a cartridge's folder has without its manifest saying so. */
import { HOOKS, type CartridgeManifest, type HookName } from './cartridge.ts';

/** The folder, relative to the cartridge's. */
export const HOOKS_FOLDER = 'hooks';

/**
 * A file of the folder `hooks` that has a hook's name is that hook, where the manifest says nothing else of it.
 * @param files names of the files in the folder
 */
export function withFoundHooks(manifest: CartridgeManifest, files: ReadonlySet<string>): CartridgeManifest {
  const hooks: Partial<Record<HookName, string>> = { ...manifest.spec.hooks };
  for (const name of HOOKS) if (hooks[name] === undefined && files.has(name)) hooks[name] = `${HOOKS_FOLDER}/${name}`;
  return { ...manifest, spec: { ...manifest.spec, hooks } };
}
