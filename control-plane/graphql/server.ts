/** GraphQL over HTTP (Apollo Server on Express) and over websockets. The composition root mounts what this makes. */
// First: decorators of the files imported below need it.
import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import { Router, type ErrorRequestHandler } from 'express';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import type { UseCases } from '../app/use-cases.ts';
import { DEFAULT_RATES, RateLimiter } from '../app/rate-limiter.ts';
import { limitDocument, limitRate } from './admission.ts';
import { arrivalOf } from './arrival.ts';
import { principalOf, requirePrincipal } from './authentication.ts';
import type { GraphQLContext } from './context.ts';
import { presentError } from './errors.ts';
import { DEFAULT_LIMITS, exceeded, type Limits } from './limits.ts';
import { newContext } from './operations.ts';
import { BodyRefused, boundRest, readJson } from './read-body.ts';
import { buildSchema } from './schema.ts';
import { GraphQLWebSockets } from './websocket.ts';

export interface GraphQLOptions {
  readonly useCases: UseCases;
  readonly logger: Logger;
  /** Over {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /** How much each token may ask; shared with the other ways in. {@link DEFAULT_RATES} if absent. */
  readonly rates?: RateLimiter;
  /** Pages of other origins (`https://console.example`) that may open websockets, beside those of this host. */
  readonly origins?: readonly string[];
  /**
   * Under which people reach the control plane (`https://paas.example`), where a proxy stands before it: its pages are this host's own.
   * Null, or absent: nobody said.
   */
  readonly publicOrigin?: string | null;
  /** Of the control plane; told to clients of websockets when they connect (`connection_ack`). Absent: it is not told. */
  readonly version?: string;
  /** Path at which the router is mounted and websockets are served; `/graphql` by default. */
  readonly path?: string;
}

export interface GraphQLEndpoint {
  /** To be mounted at the path: `app.use('/graphql', endpoint.router)`. Authenticates and reads the body by itself. */
  readonly router: Router;
  /** Serves websockets at the path. Every other upgrade of this server is refused with 404. */
  attachWebSocket(server: HttpServer): void;
  /** Ends all subscriptions and connections, then the server. The HTTP server is the caller's to close. */
  close(): Promise<void>;
}

export async function createGraphQL(options: GraphQLOptions): Promise<GraphQLEndpoint> {
  const { useCases, logger, path = '/graphql', origins = [], publicOrigin = null } = options;
  const rates = options.rates ?? new RateLimiter(DEFAULT_RATES, () => performance.now());
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const schema = buildSchema();
  const apollo = new ApolloServer<GraphQLContext>({
    schema,
    logger,
    introspection: true,
    nodeEnv: 'production',
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    formatError: (formatted, error) => presentError(formatted, error, logger),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitOperations(limits),
    ],
  });
  await apollo.start();

  const router = Router();
  router.use(boundRest);
  router.use(requirePrincipal(useCases));
  router.use(limitRate(rates));
  router.use(readJson(limits.bodyBytes));
  router.use(limitDocument(limits));
  router.use(
    expressMiddleware(apollo, {
      context: async ({ req, res }) => {
        const context = newContext({ useCases, rates }, principalOf(req), {
          milliseconds: limits.operationMilliseconds,
          sessionEndsAt: null,
          ...arrivalOf(req, publicOrigin),
        });
        res.once('close', () => context.deadline?.close());
        return context;
      },
    }),
  );
  router.use(answerErrors(logger));

  const { version } = options;
  const sockets = new GraphQLWebSockets({
    ...{ schema, useCases, rates, origins, publicOrigin, logger, limits, path, version },
  });
  return {
    router,
    attachWebSocket: (server) => sockets.attach(server),
    async close() {
      await sockets.close();
      await apollo.stop();
    },
  };
}

function limitOperations(limits: Limits): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          // Without one Apollo Server answers that the operation cannot be identified.
          if (operation === undefined) return;
          if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw notOverHttp();
          const variables = request.variables ?? {};
          const error = exceeded({ schema, document, operation, variables }, limits);
          if (error !== undefined) throw error;
        },
      };
    },
  };
}

function notOverHttp(): GraphQLError {
  return new GraphQLError('subscriptions are served over websockets (graphql-transport-ws), at the same path', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}

/** Bodies that were refused, in the shape of a GraphQL answer; anything else is masked. */
function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof BodyRefused) {
      const { status, code, message } = error;
      response.status(status).json({ errors: [{ message, extensions: { code } }] });
      return;
    }
    response.status(500).json({ errors: [presentError({ message: '' }, error, logger)] });
  };
}
