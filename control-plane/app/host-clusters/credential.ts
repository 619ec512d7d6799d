/** What the control plane needs to speak with a host cluster: a kubeconfig brought down to one server and one user. */

/** How the control plane says who it is. */
export type HostClusterUser =
  | {
      readonly kind: 'certificate';
      /** PEM, the client's own certificate first. */ readonly chain: string;
      readonly key: string;
    }
  | { readonly kind: 'token'; readonly token: string }
  /** The service account of the pod that the control plane itself runs in. */
  | { readonly kind: 'in-cluster' }
  /** A program of the control plane's machine that prints a credential (client.authentication.k8s.io). */
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly arguments: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly apiVersion: string;
    };

export interface HostClusterCredential {
  /** Origin of the API server, and a path if it has one; no slash at its end. */
  readonly server: string;
  /** Name of the context that it was read from. */
  readonly context: string;
  /** PEM of the authorities that the server's certificate is checked with; null: the public ones. */
  readonly ca: string | null;
  /** The name that the server's certificate is checked for; null: the server's own. */
  readonly tlsServerName: string | null;
  /** The server's certificate is not checked at all: an operator has named the host. */
  readonly isInsecure: boolean;
  /** HTTP, HTTPS or SOCKS proxy on the way; null: none. */
  readonly proxyUrl: string | null;
  readonly user: HostClusterUser;
}

/** What a kubeconfig may ask of this machine; nothing by default. */
export interface KubeconfigRules {
  /** Programs that may be called for a credential, as the kubeconfig names them. */
  readonly commands: readonly string[];
  /** Hosts of API servers whose certificate need not be checked, or that are spoken to without TLS. */
  readonly insecureHosts: readonly string[];
}

/** The credential for the cluster that the control plane runs in: its pod's service account, read anew as Kubernetes renews it. */
export const IN_CLUSTER: HostClusterCredential = {
  server: 'https://kubernetes.default.svc',
  context: 'in-cluster',
  ca: null,
  tlsServerName: null,
  isInsecure: false,
  proxyUrl: null,
  user: { kind: 'in-cluster' },
};
