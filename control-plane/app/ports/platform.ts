/** What the app sees of the program that it runs in, and of its parts, through no other port. */

/** Something that the control plane needs. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves when the part is there; rejects with what is wrong. */
  readonly check: () => Promise<void>;
}

export interface ProgramParts {
  readonly version: string;
  readonly databaseKind: 'sqlite' | 'postgres';
  /** Rejects with what is wrong where the database does not answer, or takes no writes. */
  readonly checkDatabase: () => Promise<void>;
  /** Writes that wait for the database, 0 or more. */
  readonly queuedWrites: () => number;
  /** The name under which this control plane holds the lease. */
  readonly holder: string;
  /** Throws when another control plane may have taken over. */
  readonly checkLease: () => void;
  /** Lines that the logs of applications have not taken since the start, 0 or more. */
  readonly droppedLogLines: () => number;
  /** The authorities that an outside broker is trusted by; none for the embedded one. `notAfter` in milliseconds since the epoch. */
  readonly brokerAuthorities: readonly { readonly subject: string; readonly notAfter: number }[];
}
