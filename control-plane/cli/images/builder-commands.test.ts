import { describe, expect, test } from '@jest/globals';
import {
  baseImages,
  buildCommand,
  declaredOf,
  inspectCommand,
  parseInspected,
  pushCommands,
  pushedDigest,
  type BuildRequest,
} from './builder-commands.ts';

const HEX = 'ab'.repeat(32);
const request: BuildRequest = {
  reference: 'localhost/cartwright-php:1-2',
  context: '/tmp/c',
  dockerfile: '/tmp/c/Dockerfile',
  labels: { a: 'b c' },
  agent: 'localhost/cartwright-agent:1',
  network: 'host',
  authorities: '/ca.pem',
  arguments: {},
  isFresh: true,
  usesTls: false,
};

describe('the command that builds', () => {
  test('is docker’s', () => {
    expect(buildCommand('docker', request).join(' ')).toBe(
      'docker build --progress plain --network host --secret id=ca,src=/ca.pem --no-cache ' +
        '--build-arg AGENT_IMAGE=localhost/cartwright-agent:1 --label a=b c ' +
        '--file /tmp/c/Dockerfile --tag localhost/cartwright-php:1-2 /tmp/c',
    );
  });

  test('is podman’s and buildah’s, which can annotate and are told about TLS', () => {
    const common =
      '--format oci --tls-verify=false --network host --secret id=ca,src=/ca.pem --no-cache ' +
      '--build-arg AGENT_IMAGE=localhost/cartwright-agent:1 --label a=b c --annotation a=b c ' +
      '--file /tmp/c/Dockerfile --tag localhost/cartwright-php:1-2 /tmp/c';
    expect(buildCommand('podman', request).join(' ')).toBe(`podman build ${common}`);
    expect(buildCommand('buildah', request).join(' ')).toBe(`buildah bud --layers ${common}`);
  });

  test('says nothing of what nobody asked for', () => {
    const { reference, context, dockerfile } = request;
    const plain = { network: undefined, authorities: undefined, agent: undefined, isFresh: false, usesTls: true };
    const nothing = { labels: {}, arguments: {} };
    expect(buildCommand('podman', { reference, context, dockerfile, ...nothing, ...plain })).toEqual([
      ...['podman', 'build', '--format', 'oci', '--file', '/tmp/c/Dockerfile'],
      ...['--tag', 'localhost/cartwright-php:1-2', '/tmp/c'],
    ]);
  });
});

test('arguments are given values where the Dockerfile declares them', () => {
  const values = declaredOf('ARG ONE\narg TWO=2\n# ARG THREE\nFROM x', { ONE: '1', TWO: '3', THREE: '3' });
  expect(values).toEqual({ ONE: '1', TWO: '3' });
  expect(buildCommand('docker', { ...request, arguments: values }).join(' ')).toContain(
    '--build-arg AGENT_IMAGE=localhost/cartwright-agent:1 --build-arg ONE=1 --build-arg TWO=3 ',
  );
});

test('base images are those that no argument and no stage names', () => {
  const dockerfile = [
    'ARG AGENT_IMAGE',
    'FROM ${AGENT_IMAGE} AS agent',
    'from --platform=linux/amd64 debian:bookworm-slim as made',
    'FROM made',
    '# FROM commented',
    'FROM scratch',
    'FROM debian:bookworm-slim',
    'COPY --from=made /a /a',
  ].join('\n');
  expect(baseImages(dockerfile)).toEqual(['debian:bookworm-slim']);
});

test.each([
  [`sha256:${HEX}   126 MB\n`, 126_000_000],
  [`sha256:${HEX} 126418233\n`, 126_418_233],
  [`sha256:${HEX} 1.02 GB\n`, 1_020_000_000],
])('what is said of a local image is read: %j', (text, unpackedBytes) => {
  expect(parseInspected(text)).toEqual({ id: `sha256:${HEX}`, unpackedBytes });
});

test.each(['', 'no such image', `${HEX.slice(1)} 1 MB`])('and nothing else: %j', (text) => {
  expect(parseInspected(text)).toBeUndefined();
});

test('an image is asked for, and pushed, as each of them wants it', () => {
  const push = { local: 'a:1', remote: 'r/a:1', usesTls: true, digestFile: '/d' };
  expect(inspectCommand('docker', 'a:1')[0]).toBe('docker');
  expect(pushCommands('docker', push)).toEqual([
    ['docker', 'tag', 'a:1', 'r/a:1'],
    ['docker', 'push', 'r/a:1'],
  ]);
  expect(pushCommands('buildah', { ...push, usesTls: false })).toEqual([
    ['buildah', 'push', '--tls-verify=false', '--digestfile', '/d', 'a:1', 'docker://r/a:1'],
  ]);
  expect(pushedDigest(`1: digest: sha256:${HEX} size: 1`)).toBe(`sha256:${HEX}`);
  expect(pushedDigest('denied')).toBeUndefined();
});
