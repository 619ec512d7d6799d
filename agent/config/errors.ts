/** The agent cannot start with what it was given. The message names the place, what was expected and the way out. */
export class ConfigurationError extends Error {
  readonly code = 'AGENT_CONFIGURATION_INVALID';

  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'ConfigurationError';
  }
}
