/** Asks a registry what it has (OCI distribution specification), so that nothing is built or pushed twice. */
import { ImageError } from './image-error.ts';
import { tokenFor, type Credentials } from './registry-login.ts';

const PATIENCE_MILLISECONDS = 20_000;
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const LARGEST_MANIFEST = 4 * 1024 * 1024;

export interface RemoteImage {
  /** Of its manifest. */
  readonly digest: string;
  /** What a node that has nothing of it has to fetch. */
  readonly packedBytes: number;
}

interface Manifest {
  readonly config?: { readonly size?: number };
  readonly layers?: readonly { readonly size?: number }[];
}

export class Registry {
  /** `HOST[:PORT]`. */
  readonly host: string;
  /** `HOST[:PORT][/PATH]`: what stands before the names of repositories. */
  readonly prefix: string;
  readonly usesTls: boolean;
  readonly #credentials: Credentials;

  private constructor(prefix: string, usesTls: boolean, credentials: Credentials) {
    this.prefix = prefix;
    this.host = hostOf(prefix);
    this.usesTls = usesTls;
    this.#credentials = credentials;
  }

  /**
   * Finds out whether it answers, and over TLS or not; without TLS only where `allowsPlain` or on this machine, as builders do.
   * Throws {@link ImageError} `REGISTRY_UNREACHABLE`.
   */
  static async open(prefix: string, allowsPlain: boolean, credentials: Credentials): Promise<Registry> {
    const host = hostOf(prefix);
    const schemes = allowsPlain ? ['http'] : isThisMachine(host) ? ['https', 'http'] : ['https'];
    let last: unknown;
    for (const scheme of schemes) {
      try {
        await fetch(`${scheme}://${host}/v2/`, { signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
        return new Registry(prefix, scheme === 'https', credentials);
      } catch (error) {
        last = error;
      }
    }
    const { cause, message } = last as Error & { readonly cause?: Partial<NodeJS.ErrnoException> };
    const why = cause?.code ?? cause?.message ?? message;
    throw new ImageError(
      'REGISTRY_UNREACHABLE',
      `the registry ${host} does not answer over ${schemes.join(' or ')} (${why}): is it running, and is the address right?`,
      { cause: last },
    );
  }

  /**
   * The image of a tag; `undefined` where there is none, and where the registry does not say: then it is pushed again, which
   * changes nothing.
   */
  async find(repository: string, tag: string): Promise<RemoteImage | undefined> {
    const path = this.prefix.slice(this.host.length + 1);
    const name = path === '' ? repository : `${path}/${repository}`;
    const url = `${this.usesTls ? 'https' : 'http'}://${this.host}/v2/${name}/manifests/${tag}`;
    const answer = await this.#get(url, undefined);
    const token = answer.status === 401 ? await tokenFor(answer, this.#credentials(this.host)) : undefined;
    const response = token === undefined ? answer : await this.#get(url, token);
    const digest = response.headers.get('docker-content-digest');
    if (response.status !== 200 || digest === null) return undefined;
    const text = await response.text();
    if (text.length > LARGEST_MANIFEST) return undefined;
    return { digest, packedBytes: packedBytes(JSON.parse(text) as Manifest) };
  }

  async #get(url: string, authorization: string | undefined): Promise<Response> {
    try {
      return await fetch(url, {
        headers: { accept: MANIFESTS, ...(authorization === undefined ? {} : { authorization }) },
        signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      });
    } catch (error) {
      throw new ImageError('REGISTRY_UNREACHABLE', `the registry ${this.host} does not answer any more`, {
        cause: error,
      });
    }
  }
}

function packedBytes({ config, layers = [] }: Manifest): number {
  return layers.reduce((sum, { size = 0 }) => sum + size, config?.size ?? 0);
}

function hostOf(prefix: string): string {
  return prefix.split('/')[0]!;
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/.test(host);
}
