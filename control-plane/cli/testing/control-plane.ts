/** What the CLI talks to, on a real HTTP server with websockets and uploads, over use cases in memory. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { pino } from 'pino';
import { uploadRoutes } from '../../adapters/http/upload-routes.ts';
import { DEFAULT_RATES, RateLimiter, type RateLimits } from '../../app/rate-limiter.ts';
import type { Limits } from '../../graphql/limits.ts';
import { createGraphQL } from '../../graphql/server.ts';
import { InMemoryUseCases } from '../../graphql/testing/use-cases.ts';

export interface TestControlPlane {
  readonly url: string;
  readonly port: number;
  readonly useCases: InMemoryUseCases;
  /** Arguments of the calls of a use case, in order. */
  calls(name: string): readonly (readonly unknown[])[];
  close(): Promise<void>;
}

/** Over the same use cases and port as one before, it is that one started again. */
export async function startControlPlane(
  useCases = new InMemoryUseCases(),
  port = 0,
  limits: Partial<RateLimits & Limits> = {},
): Promise<TestControlPlane> {
  const logger = pino({ level: 'silent' });
  const rates = new RateLimiter({ ...DEFAULT_RATES, ...limits }, () => performance.now());
  const graphql = await createGraphQL({ useCases, rates, logger, limits });
  const app = express();
  app.use('/graphql', graphql.router);
  app.use(uploadRoutes({ useCases, rates, logger }));
  const server = createServer(app);
  graphql.attachWebSocket(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    useCases,
    calls: (name) => useCases.calls.filter((call) => call.name === name).map((call) => call.args),
    async close() {
      await graphql.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
