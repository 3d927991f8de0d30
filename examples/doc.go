// Package examples has corsac's middleware around routers and RPC libraries that
// speak net/http. Each function is all that there is to it: the policy goes around
// the whole router, so that it answers preflights before the router looks for a
// route, and is around the router's own errors, too.
//
// Fiber does not speak net/http; package adapters/fiber is for it.
package examples
