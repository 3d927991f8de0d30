// Package cors is middleware for net/http that speaks the server's side of
// CORS, the protocol in which browsers ask servers which pages may read their
// responses (https://fetch.spec.whatwg.org/#http-cors-protocol).
//
// Write a [Policy], make a [Middleware] of it with [New], and wrap your handler
// with [Middleware.Wrap].
//
// # What it does
//
//   - A preflight, which is an OPTIONS request with the headers Origin and
//     Access-Control-Request-Method, is answered by the middleware. If the
//     policy allows what the preflight asks for, the response has status 204
//     and says so; otherwise it has status 403 and discloses nothing about the
//     policy.
//   - Every other request reaches the wrapped handler, whatever its origin.
//     CORS does not protect servers from requests; it protects responses from
//     pages. If the policy allows the origin, the response headers say so.
//   - Headers are set before the handler runs, so error responses have them
//     too: http.Error keeps them, and so does middleware that recovers from
//     panics.
//   - Names are added to Vary; what is there stays.
//
// # Operating rules
//
// Where the middleware goes:
//
//   - Wrap the whole mux, not single handlers. A router that knows only PUT for
//     a path answers OPTIONS with 405, and one that wants a slash at the end of
//     it redirects; browsers accept neither as the answer to a preflight
//     (https://fetch.spec.whatwg.org/#cors-preflight-fetch).
//   - Put it outside authentication. A preflight never carries credentials
//     (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials), so
//     whatever requires them refuses it.
//   - Put it outside all else that may respond by itself, such as rate limiters
//     and time-outs. Pages cannot read an error response without CORS headers;
//     scripts see a network error instead.
//   - Use one middleware per request. Access-Control-Allow-Origin must have one
//     value (https://fetch.spec.whatwg.org/#cors-check), so two middlewares, or
//     a proxy that adds CORS headers of its own, make a response that browsers
//     refuse.
//   - Handlers must not set Access-Control-* headers, and must add to Vary
//     rather than set it. For handlers that do otherwise, see
//     [Middleware.WrapOwning].
//
// What proxies and other intermediaries may do:
//
//   - They must pass Origin and Access-Control-Request-Method on as they are,
//     on one line each. Browsers send no more than one origin (RFC 6454 §7.3);
//     a request with two is refused.
//   - They may write Access-Control-Request-Headers in another way that means
//     the same: split it into several lines or join them (RFC 9110 §5.3),
//     change the case of names (§5.1), add blanks around them (§5.6.3) and some
//     empty elements between them (§5.6.1.2). The middleware reads up to 64
//     lines, 8 KiB and 16 empty elements, in any order, and refuses more.
//   - They must not remove or change Access-Control-* response headers, nor
//     names in Vary.
//
// What caches may do:
//
//   - A shared cache must heed Vary (RFC 9111 §4.1) or, where it cannot, as
//     some CDNs, have Origin in its key. Otherwise it gives the response for
//     one origin to pages of another, which then cannot read it
//     (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches). That is
//     why even responses to requests without Origin have "Vary: Origin", unless
//     the policy allows "*".
//   - A shared cache must not store responses to OPTIONS (RFC 9110 §9.3.7).
//   - Browsers remember the answer to a preflight for [Policy.MaxAge], for five
//     seconds if that is unset
//     (https://fetch.spec.whatwg.org/#http-access-control-max-age), by origin,
//     URL and credentials (https://fetch.spec.whatwg.org/#concept-cache). Until
//     then, a method or header that a new policy no longer allows is still
//     sent. What pages may read follows the new policy at once.
//
// # Concurrency
//
// A Middleware is safe for concurrent use. [Middleware.Reconfigure] replaces
// its policy while it serves. Header values are not shared between requests,
// nor between a request and the policy.
package cors
