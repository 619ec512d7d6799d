/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/sample/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '/sample/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  testSequencer: './test/support/longest-first.js',
  // One more than the smallest machine has processors: a quarter of the time tests wait for processes, timers and the disk.
  maxWorkers: 3,
  // Waiting has limits of its own, which say what was waited for; this one only ends what they cannot.
  testTimeout: 180_000,
};
