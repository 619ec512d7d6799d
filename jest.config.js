/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/sample/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '/sample/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  maxWorkers: 2,
  // Waiting has limits of its own, which say what was waited for; this one only ends what they cannot.
  testTimeout: 60_000,
};
