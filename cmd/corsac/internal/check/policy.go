package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Policies are the policies of a file, which answer in place of servers.
type Policies struct {
	config *config.Config
	name   string // of the one that answers every request, or ""

	// Ambiguous reports whether the gateway refuses a path, because servers may read
	// it as that of another route. Nil means that there is no gateway.
	Ambiguous func(host, path string) bool
}

// NewPolicies returns the policies of a configuration from [config.Parse]. If name is
// "", the route of a URL says which policy answers, unless there is only one.
func NewPolicies(c *config.Config, name string) (*Policies, error) {
	if name != "" || len(c.Policies) == 1 {
		_, found, err := c.Policy(name)
		return &Policies{config: c, name: found}, mistake(err)
	}
	return &Policies{config: c}, nil
}

// ByPolicy reports what browsers do with a request that a policy answers, and which
// lines of the file decide. Nothing is sent; a page that would be loaded counts as one
// without policies of its own. The error is of type [*Error].
func (c *Checker) ByPolicy(ctx context.Context, want *Case, p *Policies) (*verdict.Verdict, error) {
	if want.Request.Destination == fetch.DestinationWebSocket {
		return nil, mistake(errWebSocket)
	}
	s := &Session{Case: *want, checker: c}
	request := *want.Request
	s.Case.Request = &request
	cfg := want.Page
	cfg.URL = cmp.Or(cfg.URL, want.PageURL)
	page, err := fetch.NewPage(cfg)
	if err != nil {
		return nil, mistake(err)
	}
	s.resolveTarget(&cfg)
	a, err := p.answerer(&s.Case)
	if err != nil {
		return nil, mistake(err)
	}
	profiles := c.Profiles
	if want.Profiles != nil {
		profiles = want.Profiles
	}
	verdicts := make([]*verdict.Verdict, len(profiles))
	for i, profile := range profiles {
		b := fetch.New(fetch.Config{Profile: profile, Trace: c.Explain || want.Explain})
		o := b.Fetch(ctx, page, s.Case.Request, a.exchange)
		notes := slices.Concat(want.Notes, s.droppedHeaders(o), sameOrigin(o))
		verdicts[i] = verdict.Of(o, verdict.Facts{ReadHeaders: want.ReadHeaders, Notes: notes})
		cause.Annotate(verdicts[i])
		a.explain(verdicts[i])
	}
	return verdict.Join(verdicts), nil
}

// answerer is a policy that answers a request.
type answerer struct {
	config     *config.Config
	name       string
	policy     cors.Policy // as the file has it
	middleware *cors.Middleware
	want       *Case
	ambiguous  bool // the gateway refuses the path
}

// answerer returns the policy that answers a case.
func (p *Policies) answerer(want *Case) (*answerer, error) {
	name := p.name
	if name == "" {
		u, err := weburl.Parse(want.Request.URL, nil)
		if err != nil {
			return nil, fmt.Errorf("the URL %q does not say which route takes it: name a policy with --policy", want.Request.URL)
		}
		if name = p.config.PolicyAt(u.Host, u.Path); name == "" {
			_, _, err := p.config.Policy("")
			return nil, fmt.Errorf("%w; no route takes %s, so name one with --policy", err, u.Path)
		}
	}
	m, err := p.config.Middleware(name)
	a := &answerer{config: p.config, name: name, policy: p.config.Policies[name], middleware: m, want: want}
	if u, wrong := weburl.Parse(want.Request.URL, nil); wrong == nil && p.Ambiguous != nil {
		a.ambiguous = p.Ambiguous(u.Host, u.Path)
	}
	return a, err
}

var errWebSocket = errors.New("CORS does not apply to WebSockets, so a policy says nothing about them; in corsac serve, websocket_origins of the route does")

var errElsewhere = errors.New("a policy redirects nothing")

// exchange answers a request of a browser. The response to the request itself has the
// headers that script wants to read.
func (a *answerer) exchange(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	if w.Hop > 0 {
		return nil, errElsewhere
	}
	return Serve(a.middleware.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		for _, name := range a.want.ReadHeaders {
			rw.Header().Set(name, "1")
		}
		if a.ambiguous {
			rw.WriteHeader(http.StatusBadRequest)
		}
	})), w)
}
