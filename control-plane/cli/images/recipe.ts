/** What an image is made of, before anything is built. */
import type { ContextSource } from './context.ts';

export interface ImageRecipe {
  /** Of the image's repository. */
  readonly repository: string;
  /** What people call it: the cartridge's name, `cartwright-agent`. */
  readonly name: string;
  readonly version: string;
  /** Relative to the context, with slashes. */
  readonly dockerfile: string;
  readonly sources: readonly ContextSource[];
  /** By their OCI names; part of the content. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it takes the agent in, by the argument {@link AGENT_ARGUMENT}. */
  readonly takesAgent: boolean;
}

/** The argument of a Dockerfile that names the agent's image. */
export const AGENT_ARGUMENT = 'AGENT_IMAGE';

/** Where in an image a cartridge lies: its manifest and its hooks. */
export const CARTRIDGE_FOLDER = '/cartridge';

/** Labels by which a running image says what it is: the keys of the OCI image specification, and the platform's own. */
export function cartridgeLabels(cartridge: {
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
}): Record<string, string> {
  const { name, version, description } = cartridge;
  return {
    'org.opencontainers.image.title': `Cartwright cartridge ${name}`,
    'org.opencontainers.image.version': version,
    ...(description === undefined ? {} : { 'org.opencontainers.image.description': description }),
    'dev.cartwright.cartridge.name': name,
    'dev.cartwright.cartridge.version': version,
  };
}
