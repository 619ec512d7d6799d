/** The policies of a tenant and who uses them, as they are by now. */
import { useEffect, useState } from 'react';
import { PolicyList, PolicyUsers, type PolicyKind, type PolicyListQuery } from '../../generated/operations.ts';
import { useSigned } from '../../live/context.tsx';
import { useAsk, type Asked } from '../../live/use-ask.ts';
import { usersOf, type ManifestOf, type User } from './users.ts';

export interface Policies {
  readonly policies: Asked<PolicyListQuery>;
  /** Empty while it is not known. */
  readonly usersOf: (kind: PolicyKind, name: string) => User[];
  readonly again: () => void;
}

export function usePolicies(tenant: string): Policies {
  const { connection, events } = useSigned();
  const [policies, again] = useAsk(PolicyList, { variables: { tenant }, again: ['policy.'] });
  const [applications, setApplications] = useState<readonly ManifestOf[]>([]);
  useEffect(() => {
    let isWanted = true;
    const ask = async (): Promise<void> => {
      const found: ManifestOf[] = [];
      for (let after: string | null = null; ;) {
        const { applications: page }: Awaited<ReturnType<typeof onePage>> = await onePage(after);
        found.push(...page.edges.map(({ node }) => node));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      if (isWanted) setApplications(found);
    };
    const onePage = (after: string | null) => connection.ask(PolicyUsers, { tenant, after });
    // Who uses what is said beside; without it the list still stands, and deleting is refused by the control plane.
    const look = (): void => void ask().catch(() => undefined);
    look();
    const unlisten = events.on(['application.'], look);
    return () => {
      isWanted = false;
      unlisten();
    };
  }, [connection, events, tenant]);
  return { policies, usersOf: (kind, name) => usersOf(applications, kind, name), again };
}
