import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTenantSearch } from '../../shell/tenant.ts';
import { useClusterRef } from './ref.ts';

/** To an instance's page, by the end of its uid, which tells instances apart that were made together. */
export function InstanceLink({ uid }: { readonly uid: string }): ReactNode {
  const search = useTenantSearch();
  const { application, alias } = useClusterRef();
  return (
    <Link
      to="/applications/$application/$alias/instances/$uid"
      params={{ application, alias, uid }}
      search={search}
      title={uid}
      className="mono"
    >
      {uid.slice(-8)}
    </Link>
  );
}
