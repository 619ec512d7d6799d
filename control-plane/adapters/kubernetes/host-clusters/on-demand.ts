/**
 * Host clusters for a control plane that may have none: the library that speaks with them, a thousand files and a third of a start,
 * is read once one is spoken with.
 */
import type { HostClusterAccess, HostClusterLink } from '../../../app/ports/host-clusters.ts';

/** What cannot be opened is told by the first call of the link. `platformId`: the id of this platform. */
export function hostClusterAccessOnDemand(platformId: () => Promise<string>): HostClusterAccess {
  let reading: Promise<HostClusterAccess> | undefined;
  const read = (): Promise<HostClusterAccess> =>
    (reading ??= import('./access.ts').then(async ({ createHostClusterAccess }) =>
      createHostClusterAccess({ platform: await platformId() }),
    ));
  return {
    open(credential): HostClusterLink {
      let opening: Promise<HostClusterLink> | undefined;
      const open = (): Promise<HostClusterLink> => (opening ??= read().then((access) => access.open(credential)));
      return {
        identify: async (signal) => (await open()).identify(signal),
        missingRights: async (signal) => (await open()).missingRights(signal),
        observe: async (signal) => (await open()).observe(signal),
        countInstances: async (signal) => (await open()).countInstances(signal),
        probe: async (plan, signal) => (await open()).probe(plan, signal),
        reviewPodToken: async (token, audience, signal) => (await open()).reviewPodToken(token, audience, signal),
        async close() {
          const link = await opening?.catch(() => undefined);
          await link?.close();
        },
      };
    },
  };
}
