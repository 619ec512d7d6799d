import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TIME_IS_A_PORT =
  'time and chance come from outside: take the Clock of control-plane/app/ports/clock.ts, or `random`, as an option; a simulated run must be had again exactly';
const timeIsAPort = (name) => ({ name, message: TIME_IS_A_PORT });

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'cartridges/*/sample/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ['error', 15],
      eqeqeq: 'error',
      'max-depth': ['error', 4],
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.{browser,external,kubernetes,upgrade}-test.ts', '**/testing/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['control-plane/{app,domain}/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map(timeIsAPort),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:timers', 'node:timers/promises', 'node:perf_hooks'].map(timeIsAPort),
          patterns: [{ group: ['**/schema/ids.ts'], importNames: ['newUid'], message: TIME_IS_A_PORT }],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: TIME_IS_A_PORT },
        { object: 'Math', property: 'random', message: TIME_IS_A_PORT },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: TIME_IS_A_PORT },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts', 'test/benchmarks/**/*.ts', 'test/crash/run.ts', 'test/simulation/run.ts'],
    rules: { 'no-console': 'off' },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
);
