/**
 * The cookies by which a browser shows its session with a control plane. Browsers send a cookie to every port of its host, so that
 * applications on the same host would be shown it, too: load balancers take both names out of requests.
 */

/** Where the browser came by plain HTTP. */
export const SESSION_COOKIE = 'cartwright_session';

/**
 * Where it came by TLS: browsers take a cookie of this prefix only from the host itself, by TLS, for all of its paths, so that no neighbour
 * can plant one (draft-ietf-httpbis-rfc6265bis, section 4.1.3.2).
 */
export const SECURE_SESSION_COOKIE = '__Host-cartwright_session';
