package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/pathread"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
)

// DefaultListen is the address on which the gateway listens by default. Only
// this machine can reach it.
const DefaultListen = "127.0.0.1:8080"

// DefaultTimeout is how long an upstream may take to begin its response by
// default.
const DefaultTimeout = time.Minute

// Config is the content of a configuration file.
type Config struct {
	// Policies are the CORS policies, by name.
	Policies map[string]cors.Policy

	// Gateway is the configuration of corsac serve.
	Gateway Gateway

	// Dev is the configuration of corsac dev.
	Dev Dev

	file     string
	source   []byte                    // the text that was parsed
	parsed   []*policies.Policy        // in the order of the file; nil if the configuration was not parsed
	routes   []routePlaces             // those of Gateway.Routes
	fields   map[string]yamlread.Place // those of Gateway
	compiled map[string]*cors.Middleware

	elsewhere map[string]map[string]finding.Place // see Origin
	notes     []finding.Finding
}

// Origin is where a configuration comes from that no file of corsac has.
type Origin struct {
	// Name is what messages call the file that Marshal writes.
	Name string

	// Places are where the fields of policies are, by the name of the policy and of the
	// field; that of "" is the policy's own.
	Places map[string]map[string]finding.Place

	// Notes are what [Config.Notes] returns.
	Notes []finding.Finding
}

// From returns a configuration as if [Parse] had read it from a file, with another
// origin. The error is that of Parse for the file that [Marshal] writes.
func From(c *Config, o Origin) (*Config, error) {
	text, err := Marshal(c)
	if err != nil {
		return nil, err
	}
	made, err := Parse(o.Name, text)
	if err != nil {
		return nil, err
	}
	made.elsewhere, made.notes, made.parsed = o.Places, o.Notes, nil
	return made, nil
}

// Middleware returns the middleware of a policy, the same one each time. For a
// configuration from [Parse], it is the one with which Parse checked the
// policy. Otherwise the first call makes it, and the error says what is wrong
// with the policy. Middleware must not be called concurrently.
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

// Source returns the text of the file of a configuration from [Parse], and otherwise
// that of a file that says the same.
func (c *Config) Source() ([]byte, error) {
	if c.source != nil {
		return c.source, nil
	}
	return Marshal(c)
}

// Hash returns the SHA-256 of the source in hexadecimal digits, as sha256sum prints
// that of the file; "" if there is no source.
func (c *Config) Hash() string {
	text, err := c.Source()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// Gateway says where corsac serve listens and where it sends requests.
type Gateway struct {
	// Listen is a TCP address, host:port. An empty host means all addresses.
	Listen string

	// PlainListen is another address, for plain http beside the TLS of Listen; ""
	// for none.
	PlainListen string

	// ExtProc is the address at which corsac-extproc speaks to Envoy; "" for none. Envoy
	// then forwards the requests, and the routes have no upstreams.
	ExtProc string

	// Admin is an address for those who run the gateway; "" for none.
	Admin string

	// DebugFor are the addresses of clients whose responses say what was decided.
	DebugFor []netip.Prefix
	// Limits bound what clients may take.
	Limits Limits

	// TrustedProxies are the addresses of proxies whose X-Forwarded-For, -Proto and
	// -Host are believed.
	TrustedProxies []netip.Prefix

	// ProxyProtocol says that connections of trusted proxies to Listen and PlainListen
	// begin with a PROXY header.
	ProxyProtocol bool
	// HTTP3 serves HTTP/3 too, on the UDP port of Listen.
	HTTP3 bool

	// TLS is nil if Listen is for plain http.
	TLS *TLS

	// AccessLog is nil if requests have no line each.
	AccessLog *AccessLog

	// Routes are matched by specificity, not in order. See [Route].
	Routes []Route
}

// Route sends requests to an upstream, with a policy.
type Route struct {
	// Path is a prefix of whole segments: /api and /api/ both match /api, /api/
	// and /api/x, but not /apix. The longest matching prefix is used. Empty
	// means "/".
	Path string

	// Exact matches no path but Path itself, to the slash at its end. Such routes are
	// tried before those with a prefix.
	Exact bool

	// SlashMatters says of an exact route that the upstream serves something else at Path
	// with another slash at the end, so that requests for that may take another route.
	SlashMatters bool

	// Host is a host name, or *.example.com for all names below example.com.
	// Ports are ignored. Routes with a host are tried before those without, and
	// exact hosts before wildcards. Empty matches every host.
	Host string

	// Upstream is an http or https URL. Its path, if any, is put before the
	// path of the request. It is nil if there is an ExtProc.
	Upstream *url.URL

	// Policy is the name of the policy.
	Policy string

	// Mode says whose CORS headers the responses have.
	Mode Mode

	// Trial is the name of a policy that is compared with Policy; "" for none. For
	// Rollout percent of the origins it is announced instead.
	Trial   string
	Rollout int

	// KeepAddresses passes on the addresses and the domains and paths of cookies that
	// the upstream sends, instead of translating those of its own.
	KeepAddresses bool
	// FullPreflights lets the answers to preflights name what browsers do not need:
	// the methods of the policy as they are written, GET, HEAD and POST too, and the
	// headers that it exposes.
	FullPreflights bool

	// DangerouslyAllowAllOriginsWithCredentials lets a policy for all origins allow
	// credentials: each web origin that asks is the one that is allowed.
	DangerouslyAllowAllOriginsWithCredentials bool

	// PreserveHost forwards the Host of the request instead of that of the
	// upstream.
	PreserveHost bool

	// StripPrefix removes Path from the path that the upstream gets.
	StripPrefix bool

	// SetHeaders are headers of requests that the upstream gets with these values,
	// instead of those of the client, and RemoveHeaders those that it does not get.
	SetHeaders    map[string]string
	RemoveHeaders []string

	// HideOrigin removes Origin, and what else shows that a page of another origin
	// asks, from the requests that the policy allows, for upstreams that have a list
	// of origins of their own. The gateway refuses the others, since the upstream can
	// no longer.
	HideOrigin bool

	// RefuseCrossOriginWrites refuses requests of pages of origins that the policy
	// does not allow, unless their method is GET, HEAD or OPTIONS. This is a guard
	// against forged requests and no part of CORS.
	RefuseCrossOriginWrites bool

	// WebSocketOrigins says which pages may open a WebSocket.
	WebSocketOrigins WebSocketOrigins

	// MaxBody is how many bytes the body of a request may have; 0 for any number.
	MaxBody int64

	// Timeout is how long the gateway waits for the upstream until the header of
	// its final response is there, in all: for its name and its connection, while
	// it takes the request, and after interim responses and retries. Time in which
	// the gateway waits for the client's body does not count. 0 means
	// [DefaultTimeout].
	Timeout time.Duration
}

// Policy returns the policy of a name. An empty name means the only policy of the
// file.
func (c *Config) Policy(name string) (cors.Policy, string, error) {
	names := slices.Sorted(maps.Keys(c.Policies))
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	p, ok := c.Policies[name]
	switch {
	case ok:
		return p, name, nil
	case len(names) == 0:
		return p, "", errors.New("the file has no policies")
	case name == "":
		return p, "", fmt.Errorf("the file has several policies: %s", strings.Join(names, ", "))
	}
	return p, "", fmt.Errorf("the file has no policy %q; it has %s", name, strings.Join(names, ", "))
}

// PolicyFor returns the policy of a name, as [Config.Policy] does, or of several without
// a name that of the route that takes a URL. An empty URL has none.
func (c *Config) PolicyFor(name, target string) (cors.Policy, string, error) {
	if u, wrong := weburl.Parse(target, nil); wrong == nil && name == "" && len(c.Policies) > 1 {
		name = c.PolicyAt(u.Host, u.Path)
	}
	return c.Policy(name)
}

// PolicyAt returns the name of the policy of the route that takes an escaped path on a
// host without a port, as the gateway chooses it; "" if there is none. An empty host is
// any.
func (c *Config) PolicyAt(host, path string) (name string) {
	best, path := [3]int{-1, -1, -1}, pathread.DecodeSegments(path)
	for i := range c.Gateway.Routes {
		r := &c.Gateway.Routes[i]
		prefix := canonicalPath(r.Path)
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok || rest != "" && rest[0] != '/' || r.Exact && pathread.DecodeSegments(r.Path) != path {
			continue
		}
		rank := [3]int{hostRank(r.Host, host), 0, len(prefix)}
		if r.Exact {
			rank[1] = 1
		}
		if rank[0] >= 0 && slices.Compare(rank[:], best[:]) > 0 {
			best, name = rank, r.Policy
		}
	}
	return name
}

// hostRank says how well the host of a route matches one: best if it is the same, then
// the longer the better if it is a wildcard for it, 0 if it is any, and -1 if it does
// not match. Of an empty host, all do.
func hostRank(route, host string) int {
	route, host = strings.ToLower(strings.TrimSuffix(route, ".")), strings.ToLower(strings.TrimSuffix(host, "."))
	below, wildcard := strings.CutPrefix(route, "*")
	switch {
	case route == "" || host == "":
		return 0
	case route == host:
		return math.MaxInt
	case wildcard && strings.HasSuffix(host, below) && len(host) > len(below):
		return len(below)
	}
	return -1
}

// Place returns where a field is in the file of a configuration from [Parse]: that
// of a policy ("" for the policy itself) and its entry, counted from 0; -1 is the
// field as a whole. It is the place of the policy if the field is not there.
func (c *Config) Place(policy, field string, entry int) finding.Place {
	if fields, ok := c.elsewhere[policy]; ok {
		if at, ok := fields[field]; ok {
			return at
		}
		return fields[""]
	}
	for _, p := range c.parsed {
		if p.Name != policy {
			continue
		}
		at, ok := p.Fields[field]
		if entries := p.Entries[field]; entry >= 0 && entry < len(entries) {
			at = entries[entry]
		} else if !ok {
			at = p.At
		}
		return c.place(at)
	}
	return finding.Place{File: c.file}
}

// RoutePlace returns where a route of the gateway is in the file of a configuration
// from [Parse], by its index.
func (c *Config) RoutePlace(route int) finding.Place { return c.place(c.routes[route].route) }

func (c *Config) place(at yamlread.Place) finding.Place {
	return finding.Place{File: c.file, Line: at.Line, Column: at.Column, Field: at.Field}
}
