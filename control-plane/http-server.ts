/** The one HTTP server of a control plane: there from the first moment, whoever answers. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CartwrightError } from './app/errors.ts';

/** From the first byte of a request to its last: a large tree over a slow line. */
const REQUEST_TIMEOUT_MILLISECONDS = 600_000;
/**
 * How long a client’s connection is kept between requests: longer than clients and the proxies in front keep theirs (a minute is
 * usual), so that none is closed under a request that is just being sent.
 */
const KEEP_ALIVE_MILLISECONDS = 75_000;

/** The answer until everything is there. */
export const answerStarting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end('{"error":{"code":"NOT_READY","message":"the control plane is starting; ask again in a moment"}}');
};

export interface HttpServer {
  readonly server: Server;
  readonly port: number;
  /** Who answers now; may be changed at any time. */
  readonly front: { handle: RequestListener };
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

/** Throws `CartwrightError` HTTP_PORT_IN_USE or HTTP_LISTEN_FAILED. @param port 0: any that is free */
export async function openHttpServer(host: string, port: number): Promise<HttpServer> {
  const front: { handle: RequestListener } = { handle: answerStarting };
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MILLISECONDS, keepAliveTimeout: KEEP_ALIVE_MILLISECONDS },
    (request, response) => front.handle(request, response),
  );
  return { server, port: await listen(server, host, port), front, close: () => closeServer(server) };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(
        new CartwrightError(
          inUse ? 'HTTP_PORT_IN_USE' : 'HTTP_LISTEN_FAILED',
          inUse
            ? `port ${port} on ${host} is in use by another program; stop it, or set CARTWRIGHT_HTTP_PORT to another port`
            : `can't listen on ${host}:${port}: ${error.message}; set CARTWRIGHT_HTTP_HOST and CARTWRIGHT_HTTP_PORT`,
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
