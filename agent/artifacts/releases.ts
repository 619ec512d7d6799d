/** The releases on this instance's disk: prepared beside the current one, switched by one rename, pruned. */
import { readdirSync } from 'node:fs';
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseConfiguration } from '../../schema/agent/instance.ts';
import type { ArtifactSlot, DesiredRelease } from '../../schema/mqtt/desired.ts';
import { Fault } from '../lifecycle/faults.ts';
import { readIfPresent } from '../storage/atomic-file.ts';
import type { Layout } from '../storage/layout.ts';
import { fetchConfiguration, parseConfiguration } from './configuration.ts';
import { contentKey } from './desired.ts';
import { downloadArchive, type DownloadOptions } from './download.ts';
import { NOTHING_NEARBY, sourcesOf, type Nearby } from './nearby.ts';
import { bringSecrets, findSecrets, type HeldSecret } from './secrets.ts';
import { unpack } from './unpack.ts';

/** A release that can be started: complete on disk and verified. */
export interface PreparedRelease {
  readonly release: string;
  /** See `contentKey`. */
  readonly key: string;
  /** Folder that the application runs in. */
  readonly tree: string;
  readonly configuration: ReleaseConfiguration;
  readonly secrets: readonly HeldSecret[];
}

export class ReleaseStore {
  readonly #layout: Layout;
  readonly #maximumBytes: number;
  readonly #download: Omit<DownloadOptions, 'signal'>;
  readonly #nearby: Nearby;

  /**
   * @param maximumBytes most that an archive may unpack to
   * @param nearby what need not be fetched from the control plane
   */
  constructor(
    layout: Layout,
    maximumBytes: number,
    download: Omit<DownloadOptions, 'signal'>,
    nearby: Nearby = NOTHING_NEARBY,
  ) {
    this.#layout = layout;
    this.#maximumBytes = maximumBytes;
    this.#download = download;
    this.#nearby = nearby;
  }

  /** From disk alone; `undefined` when the release is not (or not as this) there. */
  find(release: DesiredRelease): PreparedRelease | undefined {
    const folder = join(this.#layout.releases, release.release);
    if (readIfPresent(join(folder, 'release.json')) !== contentKey(release)) return undefined;
    const text = readIfPresent(join(folder, 'configuration.json'));
    if (text === undefined) return undefined;
    const configuration = parseConfiguration(Buffer.from(text), release);
    const secrets = findSecrets(configuration, join(folder, 'secrets'));
    if (secrets === undefined) return undefined;
    return { release: release.release, key: contentKey(release), tree: join(folder, 'tree'), configuration, secrets };
  }

  /**
   * Fetches, verifies and unpacks what is missing. Rejects with a {@link Fault}, or the signal's reason.
   *
   * @param running release whose tree is in use and must stay as it is
   */
  async prepare(release: DesiredRelease, signal: AbortSignal, running?: string): Promise<PreparedRelease> {
    const found = this.find(release);
    if (found) return found;
    if (release.artifacts.length > 1)
      throw new Fault(
        'artifact-unsupported',
        `release ${release.release} has several artifacts; this agent unpacks one`,
      );
    const folder = join(this.#layout.releases, release.release);
    if (running === release.release)
      throw new Fault(
        'release-changed',
        `release ${release.release} runs here with other contents; releases never change`,
      );
    const scratch = `${folder}.unpacking`;
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    try {
      const download = { ...this.#download, signal };
      const atHand = this.#nearby.release(release);
      const configuration = atHand?.configuration ?? (await fetchConfiguration(release, download));
      const secrets = join(scratch, 'secrets');
      await bringSecrets(release, parseConfiguration(configuration, release), secrets, download, atHand?.secrets);
      await this.#unpackInto(release.artifacts[0], join(scratch, 'tree'), signal);
      await writeFile(join(scratch, 'configuration.json'), configuration, { mode: 0o600 });
      await writeFile(join(scratch, 'release.json'), contentKey(release), { mode: 0o600 });
      await rm(folder, { recursive: true, force: true });
      await rename(scratch, folder);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    return this.find(release)!;
  }

  async #unpackInto(slot: ArtifactSlot | undefined, tree: string, signal: AbortSignal): Promise<void> {
    if (!slot) {
      await mkdir(tree, { mode: 0o755 });
      return;
    }
    const archive = join(this.#layout.downloads, slot.digest);
    const { urls, token } = sourcesOf(slot, this.#nearby, this.#download.token);
    await downloadArchive({ ...slot, urls }, archive, { ...this.#download, token, signal });
    await unpack(archive, tree, this.#maximumBytes, signal);
    await rm(archive, { force: true });
  }

  /** Release that `current` points to. */
  async current(): Promise<string | undefined> {
    try {
      return /releases\/([^/]+)\/tree$/.exec(await readlink(this.#layout.current))?.[1];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Points `current` to a release: readers see the old tree or the new one, never none. */
  async switchTo(release: string): Promise<void> {
    const beside = `${this.#layout.current}.new`;
    await rm(beside, { force: true });
    await symlink(join('releases', release, 'tree'), beside);
    await rename(beside, this.#layout.current);
  }

  /** Removes every release but those named, and downloads of archives that are not among `digests`. */
  async prune(keep: ReadonlySet<string>, digests: ReadonlySet<string>): Promise<void> {
    for (const name of readdirSync(this.#layout.releases)) {
      if (!keep.has(name)) await rm(join(this.#layout.releases, name), { recursive: true, force: true });
    }
    for (const name of readdirSync(this.#layout.downloads)) {
      if (!digests.has(name)) await rm(join(this.#layout.downloads, name), { force: true });
    }
  }
}
