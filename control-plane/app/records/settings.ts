/** What is stored of what the platform remembers of itself. Plain records; times are milliseconds since the epoch. */

export interface SettingRecord {
  readonly uid: string;
  readonly value: unknown;
}
