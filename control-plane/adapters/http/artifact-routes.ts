/** What agents fetch over HTTP with their instance's token: artifacts and the configuration of releases. */
import { Router, type NextFunction, type Request, type Response } from 'express';
import { canonicalConfiguration } from '../../../schema/agent/configuration-digest.ts';
import type { CertificatesDocument } from '../../../schema/agent/certificates.ts';
import type { ReleaseConfiguration, ReleaseSecrets } from '../../../schema/agent/instance.ts';
import type { MetadataDocument } from '../../../schema/agent/metadata.ts';
import { ID_PATTERN } from '../../../schema/ids.ts';
import { SecretError } from '../../app/errors.ts';
import type { ArtifactStore } from '../../app/ports/artifacts.ts';

/** The instance that asks. */
interface RequestingInstance {
  readonly instance: string;
  /** Uid of its service cluster. */
  readonly cluster: string;
  readonly tenant: string;
}

export interface InstanceRoutesOptions {
  /** Metadata of the instance's own service cluster and application. */
  readonly metadata: (identity: RequestingInstance) => Promise<MetadataDocument | undefined>;
  readonly artifacts: Pick<ArtifactStore, 'path'>;
  /** The instance with this token; `undefined` when there is none that may still ask. */
  readonly authenticateInstance: (token: string) => Promise<RequestingInstance | undefined>;
  /** Whether a release that the instance's service cluster has, or had, uses the artifact. */
  readonly mayRead: (identity: RequestingInstance, digest: string) => Promise<boolean>;
  /** The configuration of a release of the instance's own service cluster. */
  readonly releaseConfiguration: (
    identity: RequestingInstance,
    release: string,
  ) => Promise<ReleaseConfiguration | undefined>;
  /** The values of the secrets of a release that the instance's own service cluster runs. Throws `SecretError`. */
  readonly releaseSecrets: (identity: RequestingInstance, release: string) => Promise<ReleaseSecrets | undefined>;
  /** Those of its application, for a load balancer; `undefined` for any other instance. Throws `SecretError`. */
  readonly certificates: (identity: RequestingInstance) => Promise<CertificatesDocument | undefined>;
}

export const DIGEST_PATTERN = /^sha256-[0-9a-f]{64}$/;
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;

/**
 * To be mounted at a path of its own.
 *
 * - `GET /artifacts/:digest`: the archive; ranges, a strong ETag, immutable.
 * - `GET /releases/:release/configuration`: exactly the bytes of which the release's configuration digest is the SHA-256.
 *
 * - `GET /releases/:release/secrets`: the values of its secrets, while it is the release that runs or is rolled out.
 * - `GET /metadata`: the metadata of its application and service cluster as they are now.
 *
 * - `GET /certificates`: chains and keys of the application, for its load balancers.
 *
 * Otherwise 401, 403, 404, 405, 409 (a secret that can't be read) or 416 with `{"error": {"code", "message"}}`. What fails inside goes to the next error handler.
 */
export function instanceRoutes(options: InstanceRoutesOptions): Router {
  const router = Router();
  const identify = async (request: Request, response: Response): Promise<RequestingInstance | undefined> => {
    const token = bearerOf(request);
    const identity = token === undefined ? undefined : await options.authenticateInstance(token);
    if (identity === undefined) {
      response.set('WWW-Authenticate', 'Bearer realm="cartwright instances"');
      refuse(response, 401, 'UNAUTHENTICATED', 'send the instance’s token as "Authorization: Bearer TOKEN"');
    }
    return identity;
  };

  router.get('/artifacts/:digest', async (request, response, next) => {
    const identity = await identify(request, response);
    if (identity === undefined) return;
    const { digest } = request.params;
    if (!DIGEST_PATTERN.test(digest)) {
      refuse(response, 404, 'NOT_FOUND', 'an artifact’s name is sha256- and 64 hex digits');
      return;
    }
    // Before it is looked for: who may not read it does not learn whether it is there.
    if (!(await options.mayRead(identity, digest))) {
      refuse(response, 403, 'FORBIDDEN', `no release of this instance’s service cluster uses the artifact ${digest}`);
      return;
    }
    const path = await options.artifacts.path(digest);
    if (path === undefined) {
      refuse(response, 404, 'ARTIFACT_NOT_FOUND', `the artifact ${digest} is not stored any more; deploy again`);
      return;
    }
    sendArchive(response, path, digest, next);
  });

  router.get('/releases/:release/configuration', async (request, response) => {
    const identity = await identify(request, response);
    if (identity === undefined) return;
    const { release } = request.params;
    const found = ID_PATTERN.test(release) ? await options.releaseConfiguration(identity, release) : undefined;
    if (found === undefined) {
      refuse(response, 404, 'NOT_FOUND', 'this instance’s service cluster has no such release');
      return;
    }
    const { body, digest } = canonicalConfiguration(found);
    // People put passwords into it all the same: nothing between here and the agent shall keep it.
    response.set({ 'Cache-Control': 'private, no-store', ETag: `"${digest}"`, 'Content-Type': 'application/json' });
    response.end(body);
  });

  router.get('/releases/:release/secrets', async (request, response) => {
    const identity = await identify(request, response);
    if (identity === undefined) return;
    const { release } = request.params;
    try {
      const found = ID_PATTERN.test(release) ? await options.releaseSecrets(identity, release) : undefined;
      if (found === undefined) {
        refuse(response, 404, 'NOT_FOUND', 'this instance’s service cluster runs no such release');
        return;
      }
      answerPrivately(response, found);
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      refuse(response, 409, error.code, error.message);
    }
  });

  router.get('/metadata', async (request, response) => {
    const identity = await identify(request, response);
    if (identity === undefined) return;
    const found = await options.metadata(identity);
    if (found === undefined) {
      refuse(response, 404, 'NOT_FOUND', 'this instance’s service cluster is gone');
      return;
    }
    answerPrivately(response, found);
  });

  router.get('/certificates', async (request, response) => {
    const identity = await identify(request, response);
    if (identity === undefined) return;
    try {
      const found = await options.certificates(identity);
      if (found === undefined) {
        refuse(response, 403, 'FORBIDDEN', 'certificates are for the application’s load balancers alone');
        return;
      }
      answerPrivately(response, found);
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      refuse(response, 409, error.code, error.message);
    }
  });

  router.all(
    [
      '/metadata',
      '/certificates',
      '/artifacts/:digest',
      '/releases/:release/configuration',
      '/releases/:release/secrets',
    ],
    (_request, response) => {
      response.set('Allow', 'GET, HEAD');
      refuse(response, 405, 'METHOD_NOT_ALLOWED', 'this can only be read');
    },
  );
  return router;
}

export function bearerOf({ headers }: Pick<Request, 'headers'>): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

export function sendArchive(response: Response, path: string, digest: string, next: NextFunction): void {
  response.set({
    ETag: `"${digest}"`,
    'Content-Type': 'application/gzip',
    'Cache-Control': 'private, max-age=31536000, immutable',
  });
  const options = { acceptRanges: true, cacheControl: false, lastModified: false, dotfiles: 'allow' as const };
  response.sendFile(path, options, (error?: Error & { code?: string; status?: number }) => {
    // The agent has gone: nobody is left to be told.
    if (error === undefined || response.headersSent || error.code === 'ECONNABORTED') return;
    if (error.status === 416) refuse(response, 416, 'RANGE_NOT_SATISFIABLE', 'the archive has not that many bytes');
    else if (error.status === 412) refuse(response, 412, 'PRECONDITION_FAILED', 'the archive is another one');
    else next(error);
  });
}

/** What is for this instance alone: nothing in between keeps it. */
export function answerPrivately(response: Response, found: unknown): void {
  response.set({ 'Cache-Control': 'private, no-store', 'Content-Type': 'application/json' });
  response.end(JSON.stringify(found));
}

export function refuse(response: Response, status: number, code: string, message: string): void {
  // What was set for the archive does not hold for this answer.
  response.removeHeader('ETag');
  response.removeHeader('Content-Type');
  response.set('Cache-Control', 'no-store');
  response.status(status).json({ error: { code, message } });
}
