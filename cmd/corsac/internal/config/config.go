package config

import (
	"fmt"
	"net/url"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
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

	file     string
	parsed   []*policies.Policy // in the order of the file; none if made by hand
	compiled map[string]*cors.Middleware
}

// Middleware returns the middleware of a policy, the same each time. That of a
// configuration of [Parse] is what Parse has checked the policy with; otherwise
// the first call makes it, and the error says what is wrong with the policy.
// Middleware must not be called concurrently.
func (c *Config) Middleware(policy string) (*cors.Middleware, error) {
	if m := c.compiled[policy]; m != nil {
		return m, nil
	}
	p, ok := c.Policies[policy]
	if !ok {
		return nil, fmt.Errorf("there is no policy %q", policy)
	}
	m, err := cors.New(p)
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", policy, err)
	}
	if c.compiled == nil {
		c.compiled = map[string]*cors.Middleware{}
	}
	c.compiled[policy] = m
	return m, nil
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
