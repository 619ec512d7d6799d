/** How whoever runs the agent in a container asks whether its application is ready: `GET /ready` at this port of the pod's address. */
export const READINESS_PORT = 8079;
export const READINESS_PATH = '/ready';
