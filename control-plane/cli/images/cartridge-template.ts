/** What `cartwright cartridge init` writes: a cartridge that builds as it is, to be changed from there. Pure. */

export interface TemplateFile {
  readonly path: string;
  readonly text: string;
  readonly isExecutable: boolean;
}

const text = (path: string, lines: readonly string[]): TemplateFile => ({
  path,
  text: `${lines.join('\n')}\n`,
  isExecutable: path.startsWith('hooks/'),
});

/** @param name of the cartridge */
export function cartridgeTemplate(name: string): readonly TemplateFile[] {
  return [
    text('cartridge.yaml', [
      'apiVersion: cartwright.dev/v1',
      'kind: Cartridge',
      'metadata:',
      `  name: ${name}`,
      'spec:',
      '  description: What applications run on it, in a sentence.',
      "  version: '1.0.0'",
      '  category: framework',
      '  # Its hooks are in its image.',
      '  runtimes: [container]',
      '  ports:',
      '    - name: http',
      '      protocol: http',
      '  readiness:',
      '    tcp: { port: http }',
      '    intervalSeconds: 0.2',
      '  startSeconds: 3',
      '  drainSeconds: 30',
      '  resources:',
      '    cpuCores: 0.5',
      '    memoryBytes: 256Mi',
    ]),
    text('Dockerfile', [
      '# The agent, with a Node of its own and tini: "cartwright cartridge build" names its image.',
      'ARG AGENT_IMAGE=localhost/cartwright-agent',
      'FROM ${AGENT_IMAGE} AS agent',
      '',
      '# Any image with glibc and libstdc++ (not Alpine), and whatever applications need, added here.',
      'FROM debian:bookworm-slim',
      'COPY cartridge.yaml /cartridge/',
      'COPY hooks /cartridge/hooks',
      'COPY --from=agent /cartwright /cartwright',
      '',
      'ENV CARTWRIGHT_AGENT_CONFIG=/cartwright/data/instance.json',
      'USER 10001:10001',
      '# The only places that are written to; the rest may be read-only.',
      'VOLUME ["/cartwright/data", "/tmp"]',
      'ENTRYPOINT ["/cartwright/tini", "--", "/cartwright/node", "/cartwright/agent.mjs"]',
    ]),
    text('.dockerignore', ['.git', '.dockerignore', 'README.md']),
    text('hooks/start', [
      '#!/bin/sh',
      '# Becomes the application, whose folder is the current one: signals reach it, and its exit code is seen. It has to listen on',
      '# $HOST and $PORT.',
      'set -eu',
      'if [ ! -x ./start ]; then',
      `  echo '${name}: there is no program "start" at the top of the application' >&2`,
      '  exit 1',
      'fi',
      'exec ./start',
    ]),
    text('README.md', [
      `# Cartridge \`${name}\``,
      '',
      '```sh',
      `cartwright cartridge build ${name}                               # on this machine`,
      `cartwright cartridge push ${name} --registry registry.example.org/team`,
      `cartwright cartridge apply ${name} --registry registry.example.org/team   # as an operator`,
      '```',
      '',
      'Applications name it as `cartridge` of a component. An executable `hooks/build` makes the artifact of a source; other hooks are found by',
      'their names, too.',
    ]),
  ];
}
