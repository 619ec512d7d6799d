/** Where a whole agent is tried. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { findInstanceProcesses } from '../telemetry/process-tree.ts';
import { Platform } from './platform.ts';
import { bundleAgent, type BundledAgent } from './program.ts';

/**
 * A platform of its own for each test around, with the agent bundled once. After each, nothing of the instance may run, and
 * nothing that the agent sent may have been wrong.
 *
 * @param take called with the platform before each test
 */
export function withPlatform(take: (platform: Platform) => void): void {
  let bundle: BundledAgent;
  let platform: Platform;
  beforeAll(async () => {
    bundle = await bundleAgent();
  });
  afterAll(() => bundle.remove());
  beforeEach(async () => {
    platform = new Platform(bundle.program);
    take(platform);
    await platform.start();
  });
  afterEach(async () => {
    await platform.stop();
    expect(platform.received.problems).toEqual([]);
    expect(findInstanceProcesses(platform.key.instance)).toEqual([]);
  });
}
