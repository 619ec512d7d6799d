/** What is stored of browsers' sessions: those that somebody has ended before their time, and nothing of the others. */

export interface EndedSessionRecord {
  /** That of the session, which opens nothing. */
  readonly uid: string;
  /** When it would have ended by itself; nothing has to be known of it afterwards. Milliseconds since the epoch. */
  readonly expiresAt: number;
}
