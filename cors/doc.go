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
//   - Put it outside everything else that may respond by itself, such as rate
//     limiters and time-outs. Without CORS headers, pages cannot read an error
//     response: scripts see a network error instead.
//   - Use one middleware per request. Access-Control-Allow-Origin must have one
//     value (https://fetch.spec.whatwg.org/#cors-check), so two middlewares, or
//     a proxy that adds CORS headers of its own, make a response that browsers
//     refuse.
//   - Handlers must not set Access-Control-* headers, and must add to Vary
//     rather than set it. For handlers that do not comply, use
//     [Middleware.WrapOverride].
//
// Proxies and other intermediaries:
//
//   - They must not change or repeat the request headers Origin and
//     Access-Control-Request-Method. Browsers send at most one origin (RFC 6454
//     §7.3); a request with two is refused.
//   - They may rewrite Access-Control-Request-Headers if it means the same: they
//     may split or join lines (RFC 9110 §5.3), change the case of names (§5.1),
//     and add blanks around them (§5.6.3) and a few empty elements (§5.6.1.2).
//     The middleware accepts names in any order, on up to 64 lines and 8 KiB,
//     with up to 16 empty elements.
//   - They must not remove or change Access-Control-* response headers or names
//     in Vary.
//
// Caches:
//
//   - A shared cache must heed Vary (RFC 9111 §4.1) or, like some CDNs that do
//     not, have Origin in its key. Otherwise, pages of one origin get responses
//     for another one, and cannot read them
//     (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches). That is
//     why responses to requests without Origin have "Vary: Origin" too, unless
//     the policy allows "*".
//   - A shared cache must not store responses to OPTIONS (RFC 9110 §9.3.7).
//   - Browsers cache the answer to a preflight for [Policy.MaxAge], or for five
//     seconds if that is unset
//     (https://fetch.spec.whatwg.org/#http-access-control-max-age). The key
//     includes origin, URL and credentials
//     (https://fetch.spec.whatwg.org/#concept-cache). Until the answer expires,
//     browsers still send methods and headers that a new policy does not allow.
//     What pages may read follows the new policy at once.
//
// # Concurrency
//
// A Middleware is safe for concurrent use. [Middleware.Reconfigure] replaces
// its policy while it serves. Header values are not shared between requests,
// nor between a request and the policy.
package cors
