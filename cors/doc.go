// Package cors is a middleware for net/http that speaks the server's side of
// CORS, the protocol by which browsers ask a server which pages may read its
// responses (https://fetch.spec.whatwg.org/#http-cors-protocol).
//
// Write a [Policy], make a [Middleware] of it with [New], and wrap your handler
// with [Middleware.Wrap].
//
// # What it does
//
//   - A preflight, which is an OPTIONS request with the headers Origin and
//     Access-Control-Request-Method, is answered by the middleware. If the policy
//     allows what is asked, the answer has status 204 and says so; otherwise it
//     has status 403 and says nothing about the policy.
//   - Every other request reaches the wrapped handler, whatever its origin. CORS
//     does not protect a server from requests; it protects responses from pages.
//     If the policy allows the origin, the response headers say so.
//   - Headers are set before the handler runs, so that errors have them too:
//     http.Error keeps them, and so does a panic that is recovered outside.
//   - Vary is added to, never overwritten.
//
// # Operating rules
//
//   - Wrap the whole mux, not single handlers: see [Middleware.Wrap].
//   - Put the middleware outside of authentication. A preflight carries no
//     credentials, so whatever demands them would refuse it.
//   - Use one middleware a request. Two of them, or a proxy that adds CORS
//     headers of its own, make a response that browsers refuse.
//   - Handlers must not set Access-Control-* headers, and must add to Vary.
//   - A cache in front must heed Vary, or key on Origin.
//
// A Middleware is safe for concurrent use. [Middleware.Reconfigure] exchanges
// its policy while it serves. No header value is shared between requests, or
// between a request and the policy.
package cors
