/** A program that is well. */
import type { ProgramParts } from '../ports/platform.ts';

export const PROGRAM: ProgramParts = {
  version: '1.2.3-test',
  databaseKind: 'sqlite',
  checkDatabase: async () => undefined,
  queuedWrites: () => 0,
  holder: 'test',
  checkLease: () => undefined,
  droppedLogLines: () => 0,
  brokerAuthorities: [],
};
