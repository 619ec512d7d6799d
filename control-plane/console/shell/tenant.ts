/** Which tenant the page is about: what the address says, else the caller's own. */
import { useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { useCaller } from './caller.tsx';

/** What every page's address may say beside its path. */
export interface PageSearch {
  /** Operators look at any tenant; absent: all of them in lists, "default" where there is to be one. */
  readonly tenant?: string;
}

/** What an address says of it, whatever else it says. */
export function pageSearch(search: { readonly tenant?: unknown }): PageSearch {
  return typeof search.tenant === 'string' && search.tenant !== '' ? { tenant: search.tenant } : {};
}

/** The tenant that lists are narrowed to; null: all that the caller may see. */
export function useTenantFilter(): string | null {
  const { tenant } = useSearch({ strict: false });
  return useCaller().tenant ?? tenant ?? null;
}

/** The tenant that one thing is of. */
export function useTenant(): string {
  return useTenantFilter() ?? 'default';
}

/** What a link to a thing of a tenant says beside its path: who sees one tenant only need not say which. */
export function useSearchOf(): (tenant: string) => PageSearch {
  const own = useCaller().tenant;
  return useCallback((tenant) => (own === null ? { tenant } : {}), [own]);
}

/** What links carry along, so that they lead to the same tenant. */
export function useTenantSearch(): PageSearch {
  return pageSearch(useSearch({ strict: false }));
}
