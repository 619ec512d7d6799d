/** Kubeconfigs for tests. */
import { stringify } from 'yaml';

interface KubeconfigParts {
  readonly server?: string;
  /** PEM. */
  readonly ca?: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly currentContext?: string | null;
  /** Put in the file's first level, in the place of what else would stand there. */
  readonly file?: Readonly<Record<string, unknown>>;
}

/** One cluster, one user, one context named `main`; the user has the token `sesame` unless said otherwise. */
export function kubeconfig({
  server = 'https://10.0.0.1:6443',
  ca,
  cluster = {},
  user = { token: 'sesame' },
  currentContext = 'main',
  file = {},
}: KubeconfigParts = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    ...(currentContext !== null && { 'current-context': currentContext }),
    clusters: [
      {
        name: 'here',
        cluster: {
          server,
          ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'somebody', user }],
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'somebody' } }],
    ...file,
  });
}
