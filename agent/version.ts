/** Version of the agent as it reports it; equal to the package's (a test compares them). */
export const AGENT_VERSION = '0.2.0-dev';
