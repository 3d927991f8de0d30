package config

import (
	"net/url"
	"time"

	"github.com/corsac-dev/corsac/cors"
)

// DefaultListen is the address where the gateway listens if nothing else is
// said: reachable from this machine only.
const DefaultListen = "127.0.0.1:8080"

// DefaultTimeout is how long an upstream may take to begin its response.
const DefaultTimeout = time.Minute

// Config is the content of a configuration file.
type Config struct {
	// Policies are the CORS policies, by name.
	Policies map[string]cors.Policy

	// Gateway is the configuration of corsac serve.
	Gateway Gateway

	file   string
	places map[string]*policyPlaces
}

// Gateway is what corsac serve listens on and where it sends requests.
type Gateway struct {
	// Listen is a TCP address, host:port. An empty host is all addresses.
	Listen string

	// Routes are tried by specificity, not in order. See [Route].
	Routes []Route
}

// Route sends requests to an upstream, under a policy.
type Route struct {
	// Path is a prefix, by whole segments: /api and /api/ both take /api, /api/
	// and /api/x, but not /apix. The longest one that fits is taken. If empty,
	// it is "/".
	Path string

	// Host is a host name, or *.example.com for all names below example.com.
	// Ports do not count. Routes with a host come before those without, exact
	// hosts before wildcards. If empty, the route takes every host.
	Host string

	// Upstream is an http or https URL. Its path, if any, is put in front of
	// the path of the request.
	Upstream *url.URL

	// Policy is the name of the policy.
	Policy string

	// PreserveHost passes the Host of the request on, instead of that of the
	// upstream.
	PreserveHost bool

	// Timeout is how long the upstream may take until the headers of its
	// response have arrived. If 0, it is [DefaultTimeout].
	Timeout time.Duration
}
