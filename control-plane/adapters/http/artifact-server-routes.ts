/** What the servers of artifacts in host clusters ask: which archives their tenant's releases are made of, and the archives. */
import { Router, type Request, type Response } from 'express';
import { ARTIFACT_SERVER_PATH } from '../../../schema/agent/artifact-server.ts';
import type { ArtifactServerAccess } from '../../app/artifact-servers.ts';
import type { ArtifactStore } from '../../app/ports/artifacts.ts';
import { answerPrivately, bearerOf, DIGEST_PATTERN, refuse, sendArchive } from './artifact-routes.ts';

export interface ArtifactServerRoutesOptions {
  readonly access: Pick<ArtifactServerAccess, 'tenantOf' | 'list' | 'mayRead'>;
  readonly artifacts: Pick<ArtifactStore, 'path'>;
}

/** To be mounted at the root, before what else is below `/instance/v1`. */
export function artifactServerRoutes({ access, artifacts }: ArtifactServerRoutesOptions): Router {
  const router = Router();
  const tenantOf = async (request: Request, response: Response): Promise<string | undefined> => {
    const token = bearerOf(request);
    const tenant = token === undefined ? undefined : await access.tenantOf(token);
    if (tenant === undefined)
      refuse(response, 401, 'UNAUTHENTICATED', 'this is not the token of a server of artifacts');
    return tenant;
  };
  router.get(`${ARTIFACT_SERVER_PATH}/artifacts`, async (request, response) => {
    const tenant = await tenantOf(request, response);
    if (tenant !== undefined) answerPrivately(response, await access.list(tenant));
  });
  router.get(`${ARTIFACT_SERVER_PATH}/artifacts/:digest`, async (request, response, next) => {
    const tenant = await tenantOf(request, response);
    if (tenant === undefined) return;
    const { digest } = request.params;
    const isItsOwn = DIGEST_PATTERN.test(digest) && (await access.mayRead(tenant, digest));
    const path = isItsOwn ? await artifacts.path(digest) : undefined;
    if (path === undefined)
      refuse(response, 404, 'ARTIFACT_NOT_FOUND', `no release of this tenant has the artifact ${digest}`);
    else sendArchive(response, path, digest, next);
  });
  return router;
}
