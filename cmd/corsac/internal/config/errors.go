package config

import "github.com/corsac-dev/corsac/internal/yamlread"

// Error is one mistake in a configuration. Its code is one of this package, or of
// packages yamlread, policies and cors.
type Error = yamlread.Error

// Errors are all the mistakes in a configuration, in the order of the file.
type Errors = yamlread.Errors

// The codes of an [Error] that are about the gateway. They are stable.
const (
	CodeGatewayMissing = "gateway.missing"        // serve has nothing to serve
	CodeListenInvalid  = "listen.invalid"         // not a TCP address
	CodeRoutesMissing  = "routes.missing"         // a gateway without routes
	CodeRoutePath      = "route.path-invalid"     // not a path prefix
	CodeRouteHost      = "route.host-invalid"     // not a host
	CodeRouteUpstream  = "route.upstream-invalid" // not the URL of an upstream
	CodeRoutePolicy    = "route.policy-unknown"   // there is no such policy
	CodeRouteLoop      = "route.loop"             // the upstream is the gateway itself
	CodeRouteDuplicate = "route.duplicate"        // another route takes the same requests
)
