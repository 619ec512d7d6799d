/** The application that most tests across parts deploy. */

/** The manifest of "shop" with the one component "web", of the cartridge nodejs, from the branch "main" of this repository. */
export function shopFrom(repositoryUrl: string): object {
  return {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        {
          kind: 'cartridge',
          alias: 'web',
          cartridge: 'nodejs',
          source: { git: { url: repositoryUrl, branch: 'main' } },
        },
      ],
    },
  };
}
