/** Which service cluster the page is about. */
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTenant } from '../../shell/tenant.ts';

export interface ClusterRef {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
}

/** Of the page's address; the same object as long as it is the same service cluster. */
export function useClusterRef(): ClusterRef {
  const { application = '', alias = '' } = useParams({ strict: false });
  const tenant = useTenant();
  return useMemo(() => ({ tenant, application, alias }), [tenant, application, alias]);
}
