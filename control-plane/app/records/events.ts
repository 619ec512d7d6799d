/** What is stored of what happened. Plain records; times are milliseconds since the epoch. */

export interface EventRecord {
  /** Order of the log; assigned by the store. */
  readonly sequence: number;
  readonly uid: string;
  readonly at: number;
  readonly tenant: string | null;
  /** Name of the application that it happened to, or within; null: it concerns the tenant, or the platform, as a whole. */
  readonly application: string | null;
  readonly subject: { readonly kind: string; readonly uid: string; readonly name: string };
  /** Dotted, e.g. `instance.faulty`. */
  readonly type: string;
  readonly cause: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export type NewEvent = Omit<EventRecord, 'sequence' | 'uid'>;
