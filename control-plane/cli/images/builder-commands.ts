/** The command lines of docker, podman and buildah, which differ in little. Pure. */
import { AGENT_ARGUMENT } from './recipe.ts';

export const BUILDERS = ['docker', 'podman', 'buildah'] as const;
export type BuilderName = (typeof BUILDERS)[number];

export interface BuildRequest {
  /** `NAME:TAG` that the image gets on this machine. */
  readonly reference: string;
  /** Absolute paths. */
  readonly context: string;
  readonly dockerfile: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The image that the agent is taken from; none for the agent's own. */
  readonly agent: string | undefined;
  /** Network of the Dockerfile's commands, such as `host`; the builder's default if absent. */
  readonly network: string | undefined;
  /** PEM file with authorities, for the commands that ask for the secret `ca`. */
  readonly authorities: string | undefined;
  /** Values of arguments that the Dockerfile declares. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Whether nothing of an earlier build is used. */
  readonly isFresh: boolean;
  /** Whether registries are asked over TLS; docker has that in its daemon's configuration. */
  readonly usesTls: boolean;
}

/** Whether it can build at all: docker is a client that needs its daemon. */
export function checkCommand(builder: BuilderName): readonly string[] {
  return builder === 'docker' ? ['docker', 'version', '--format', '{{.Server.Version}}'] : [builder, '--version'];
}

export function buildCommand(builder: BuilderName, request: BuildRequest): readonly string[] {
  const { reference, context, dockerfile, labels, agent, network, authorities, isFresh, usesTls } = request;
  const values = { ...(agent === undefined ? {} : { [AGENT_ARGUMENT]: agent }), ...request.arguments };
  const marks = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [
    builder,
    ...(builder === 'buildah' ? ['bud'] : ['build']),
    // Else buildah makes one layer of all, and nodes could not share the agent's.
    ...(builder === 'buildah' ? ['--layers'] : []),
    ...(builder === 'docker' ? ['--progress', 'plain'] : ['--format', 'oci']),
    ...(builder === 'docker' || usesTls ? [] : ['--tls-verify=false']),
    ...(network === undefined ? [] : ['--network', network]),
    ...(authorities === undefined ? [] : ['--secret', `id=ca,src=${authorities}`]),
    ...(isFresh ? ['--no-cache'] : []),
    ...Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...marks.flatMap((mark) => ['--label', mark]),
    // Docker would have to be told to which of several manifests an annotation belongs, and has the labels.
    ...(builder === 'docker' ? [] : marks.flatMap((mark) => ['--annotation', mark])),
    '--file',
    dockerfile,
    '--tag',
    reference,
    context,
  ];
}

/**
 * Images that a Dockerfile begins from, by their names in it: to be fetched anew. What an argument names, such as the agent's, is
 * what the one who builds has.
 */
export function baseImages(dockerfile: string): readonly string[] {
  const found = [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)];
  const stages = new Set(found.map(([, , stage]) => stage?.toLowerCase()));
  const images = found.map(([, image]) => image!);
  return [...new Set(images)].filter(
    (image) => !image.includes('$') && image !== 'scratch' && !stages.has(image.toLowerCase()),
  );
}

/** Of these values those for which the Dockerfile has an argument: builders warn of others. */
export function declaredOf(dockerfile: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const declared = new Set([...dockerfile.matchAll(/^\s*ARG\s+(\w+)/gim)].map(([, name]) => name));
  return Object.fromEntries(Object.entries(values).filter(([name]) => declared.has(name)));
}

/** Prints the id and the size of a local image; fails where there is none. */
export function inspectCommand(builder: BuilderName, reference: string): readonly string[] {
  return builder === 'buildah'
    ? ['buildah', 'images', '--no-trunc', '--format', '{{.ID}} {{.Size}}', reference]
    : [builder, 'image', 'inspect', '--format', '{{.Id}} {{.Size}}', reference];
}

/** The commands, one after the other, that push a local image; what they say of its digest is read by {@link pushedDigest}. */
export function pushCommands(
  builder: BuilderName,
  push: { readonly local: string; readonly remote: string; readonly usesTls: boolean; readonly digestFile: string },
): readonly (readonly string[])[] {
  const { local, remote, usesTls, digestFile } = push;
  if (builder === 'docker')
    return [
      ['docker', 'tag', local, remote],
      ['docker', 'push', remote],
    ];
  const tls = usesTls ? [] : ['--tls-verify=false'];
  return [[builder, 'push', ...tls, '--digestfile', digestFile, local, `docker://${remote}`]];
}

const DIGEST = /sha256:[0-9a-f]{64}/;

/** Of the digest file, or of docker's last lines. */
export function pushedDigest(said: string): string | undefined {
  return DIGEST.exec(said)?.[0];
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** What {@link inspectCommand} prints; `undefined` for anything else. Sizes as buildah writes them have three digits. */
export function parseInspected(text: string): { readonly id: string; readonly unpackedBytes: number } | undefined {
  const match = /^(?:sha256:)?([0-9a-f]{64}) +(\d+(?:\.\d+)?) ?([KMGT]?B)?$/m.exec(text.trim());
  if (!match) return undefined;
  const [, id, number, unit = 'B'] = match;
  return { id: `sha256:${id}`, unpackedBytes: Math.round(Number(number) * UNITS[unit]!) };
}
