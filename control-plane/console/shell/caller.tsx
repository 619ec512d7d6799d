/** Who is signed in, and what that allows. What is offered follows from it; the control plane decides by itself. */
import { createContext, useContext, type ReactNode } from 'react';
import type { Role, WhoAmIQuery } from '../generated/operations.ts';

export type Caller = WhoAmIQuery['caller'];

const CallerContext = createContext<Caller | null>(null);

export function CallerProvider({
  caller,
  children,
}: {
  readonly caller: Caller;
  readonly children: ReactNode;
}): ReactNode {
  return <CallerContext value={caller}>{children}</CallerContext>;
}

/** Throws outside of {@link CallerProvider}. */
export function useCaller(): Caller {
  const caller = useContext(CallerContext);
  if (caller === null) throw new Error('useCaller: nobody is signed in here');
  return caller;
}

/** Each may do what the one before it may. */
const RANK: Readonly<Record<Role, number>> = { VIEWER: 0, DEPLOYER: 1, ADMIN: 2, OPERATOR: 3 };

/** Whether the caller has this role or a higher one. */
export function useMay(least: Role): boolean {
  return RANK[useCaller().role] >= RANK[least];
}
