/** What a program, or a person with curl, finds at the root: what this is and where to go on. Needs no token. */
import { Router } from 'express';

export interface IndexOptions {
  readonly version: string;
}

/** To be mounted at the root. Answers only `GET /`. */
export function indexRoutes({ version }: IndexOptions): Router {
  const router = Router();
  router.get('/', (_request, response) => {
    // For browsers there may be another answer.
    response.vary('Accept').json({
      name: 'cartwright',
      version,
      endpoints: {
        graphql: '/graphql',
        upload: '/upload/source',
        session: '/session',
        health: '/healthz',
        readiness: '/readyz',
        metrics: '/metrics',
      },
    });
  });
  return router;
}
