// Package inspector is the page of corsac dev: it shows each request that a proxy has
// recorded, what CORS decides about it in production and why, and the policy that
// allows it.
//
//   - [Inspector] serves everything below [Path]: the page, and an API that is for
//     the page alone. Requests that another site's page makes are refused, and so
//     are hosts that are not allowed. The API also wants a token that is in the page,
//     so that scripts of the proxied page, which is of the same origin, do not get
//     what is recorded. Nothing has CORS headers, and nothing changes on a GET.
//   - What it decides, it says only as far as it was seen. Where a server has not
//     been asked what CORS would ask it, the answer is [Unknown], until a person lets
//     the proxy ask. In the mode add, it decides by what the server itself said.
//   - Everything is bounded: bodies, policies, followers and their time to read.
//     Secrets are masked; a person can reveal one at a time.
package inspector

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/origin"
)

// Path is where an [Inspector] is.
const Path = "/__corsac/"

// Options are the settings of an inspector.
type Options struct {
	// Ring is what the proxy records. Its [record.Ring.KeepSecrets] decides whether
	// masked values can be revealed.
	Ring *record.Ring
	// PageOrigin and APIOrigin are where page and API are in production. "" means
	// where they are now: the page's own server, and the upstream of each request.
	PageOrigin, APIOrigin string
	// Faults is the proxy whose faults can be set, or nil.
	Faults Faults
	// Ask asks servers, or is nil.
	Ask Ask
	// Playground is what serves the playground at "/", or nil.
	Playground http.Handler
	// Current returns what may change while the proxy runs. It must be safe for
	// concurrent use.
	Current func() Current
}

// Current is what may change while a proxy runs.
type Current struct {
	// Web is the page's own server, or nil.
	Web *url.URL
	// Config is the configuration file, or nil, and ConfigFile its name.
	Config     *config.Config
	ConfigFile string
	// AllowsHost reports whether the value of a Host header is allowed. Nil means the
	// names of this machine only.
	AllowsHost func(host string) bool
}

// Inspector is the handler of the page and its API. It is safe for concurrent use.
type Inspector struct {
	ring       *record.Ring
	current    func() Current
	faults     Faults       // or nil
	ask        Ask          // or nil
	playground http.Handler // or nil
	mux        *http.ServeMux
	token      string // of the page, for the API
	epoch      string // says to which ring the IDs of events belong

	followers followers
	asking    chan struct{} // has one for each question

	mu         sync.Mutex
	production production
	world      *world
	judged     judged
	answers    map[askedFor]*answers
}

// New returns an inspector. The error is about an origin.
func New(o Options) (*Inspector, error) {
	p, err := newProduction(o.PageOrigin, o.APIOrigin)
	if err != nil {
		return nil, err
	}
	in := &Inspector{
		ring: o.Ring, current: o.Current, faults: o.Faults, ask: o.Ask, playground: o.Playground, production: p,
		token: rand.Text(), epoch: rand.Text(), asking: make(chan struct{}, maxAsking), answers: map[askedFor]*answers{},
	}
	in.followers.patience = patience
	in.mux = in.routes()
	return in, nil
}

// production is where page and API are in production; "" is where they are now.
type production struct {
	Page string `json:"page"`
	API  string `json:"api"`
}

// newProduction checks two origins, which may be written as URLs.
func newProduction(page, api string) (p production, err error) {
	for _, o := range []struct {
		what, from string
		to         *string
	}{{"the page", page, &p.Page}, {"the API", api, &p.API}} {
		if o.from == "" {
			continue
		}
		parsed, err := origin.ParseURL(o.from)
		if err != nil {
			return p, fmt.Errorf("the origin of %s: %w", o.what, err)
		}
		*o.to = parsed.String()
	}
	return p, nil
}

// routes returns what answers which request.
func (in *Inspector) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", in.servePage)
	mux.HandleFunc("GET "+Path+"page/{name}", serveAsset)
	if in.playground != nil {
		mux.Handle("GET "+Path+"playground/", http.StripPrefix(Path+"playground", in.playground))
	}
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET list": in.serveList, "GET events": in.serveEvents, "GET exchange/{id}": in.serveExchange, "GET policy": in.servePolicy,
		"POST reveal": in.serveReveal, "POST whatif": in.serveWhatIf, "POST export": in.serveExport,
		"POST production": in.serveProduction, "POST clear": in.serveClear, "POST faults": in.serveFaults,
		"POST ask": in.serveAsk,
	} {
		method, path := pattern[:4], pattern[4:]
		if method == "POST" {
			path = path[1:]
		}
		mux.HandleFunc(method+" "+Path+"api/"+path, in.forPage(handle))
	}
	return mux
}
