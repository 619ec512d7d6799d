/** The commands by what people do with them, as --help and docs/cli.md list them. */

export interface HelpGroup {
  readonly title: string;
  /** Words that commands begin with, in the order of the page. */
  readonly words: readonly string[];
}

export const HELP_GROUPS: readonly HelpGroup[] = [
  { title: 'Deploying and running', words: ['deploy', 'rollback', 'restart', 'run', 'delete'] },
  { title: 'Manifests', words: ['apply', 'diff', 'export', 'policy'] },
  { title: 'Looking', words: ['get', 'describe', 'logs', 'events', 'releases', 'plan', 'why', 'open', 'doctor'] },
  {
    title: 'Scaling',
    words: [
      'scale',
      'pause',
      'resume',
      'shadow',
      'stop',
      'start',
      'decisions',
      'forecast',
      'top',
      'history',
      'backtest',
      'simulate',
    ],
  },
  { title: 'Configuration and secrets', words: ['config', 'secret', 'metadata', 'credential'] },
  { title: 'Traffic and messages', words: ['route', 'certificate', 'webhook', 'notice'] },
  { title: 'Tenants and tokens', words: ['tenant', 'quota', 'token', 'usage', 'audit'] },
  { title: 'The platform', words: ['cluster', 'cartridge', 'freeze', 'unfreeze'] },
  {
    title: 'The control plane on this machine',
    words: ['serve', 'demo', 'backup', 'restore', 'keys', 'mosquitto-users'],
  },
  { title: 'This program', words: ['login', 'context', 'version', 'completion'] },
];

/** The title of the group that a command belongs to, by its first word. */
export function helpGroupOf(word: string): string | undefined {
  return HELP_GROUPS.find(({ words }) => words.includes(word))?.title;
}
