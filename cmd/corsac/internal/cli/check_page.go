package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// pageLoader loads each page once.
type pageLoader struct {
	mu    sync.Mutex
	loads map[string]func() (*probe.Page, error)
}

func (l *pageLoader) load(ctx context.Context, n *probe.Network, rawURL string) (*probe.Page, error) {
	l.mu.Lock()
	load := l.loads[rawURL]
	if load == nil {
		load = sync.OnceValues(func() (*probe.Page, error) { return probe.LoadPage(ctx, n, rawURL) })
		if l.loads == nil {
			l.loads = map[string]func() (*probe.Page, error){}
		}
		l.loads[rawURL] = load
	}
	l.mu.Unlock()
	return load()
}

// loadPage finds out about the page: by loading it, or from its origin alone.
func (s *checkSession) loadPage(ctx context.Context) error {
	cfg := s.pageConfig
	if s.pageURL != "" {
		page, err := s.f.pages.load(ctx, s.servers, s.pageURL)
		if err != nil {
			return &problem{
				status: ExitBroken, err: fmt.Errorf("cannot load the page %s: %w", s.pageURL, err),
				hint: "give its origin with --origin instead, if it need not be loaded",
			}
		}
		cfg, s.csp, s.self = page.Config, page.CSP, page.Self
		if s.pageConfig.Origin != "" {
			cfg.Origin = s.pageConfig.Origin
		}
	}
	s.resolveTarget(&cfg)
	s.localNetwork(ctx, &cfg)
	page, err := fetch.NewPage(cfg)
	if err != nil {
		return &problem{status: ExitUsage, err: err}
	}
	s.page = page
	return nil
}

// resolveTarget makes the URL of the request absolute, and https if the page asks for
// that. As in Chromium, hosts that are secure contexts anyway stay as they are.
func (s *checkSession) resolveTarget(page *fetch.PageConfig) {
	if strings.HasPrefix(s.request.URL, "/") {
		base, err := url.Parse(firstOf(page.URL, page.Origin))
		if err != nil {
			return
		}
		target, err := base.Parse(s.request.URL)
		if err != nil || base.Host == "" {
			return // the engine says what is wrong
		}
		s.request.URL = target.String()
	}
	scheme, rest, _ := strings.Cut(s.request.URL, ":")
	if !s.csp.Upgrades() || !strings.EqualFold(scheme, "http") {
		return
	}
	if o, err := origin.ParseURL(s.request.URL); err != nil || o.PotentiallyTrustworthy() {
		return
	}
	s.request.URL = "https:" + rest
	s.notes = append(s.notes, "the page's Content-Security-Policy has upgrade-insecure-requests: the browser asks by https")
}

// localNetwork decides what Local Network Access makes of the page. By default the
// verdict is that of CORS alone, with a note of what Chrome does before.
func (s *checkSession) localNetwork(ctx context.Context, cfg *fetch.PageConfig) {
	from, err := origin.ParseURL(firstOf(cfg.URL, cfg.Origin))
	space := cfg.AddressSpace
	if space == origin.SpaceUnknown && err == nil {
		space = from.AddressSpace()
	}
	if space == origin.SpaceUnknown {
		space = origin.SpacePublic // a name that is not looked up
	}
	if s.f.lna != "ask" {
		cfg.AddressSpace = space
		cfg.GrantLocal, cfg.GrantLoopback = s.f.lna == "granted", s.f.lna == "granted"
		return
	}
	cfg.AddressSpace = origin.SpaceUnknown // no check
	target, err := origin.ParseURL(s.request.URL)
	if err != nil || space != origin.SpacePublic {
		return
	}
	targetSpace := target.AddressSpace()
	if targetSpace == origin.SpaceUnknown && from.String() != target.String() {
		targetSpace = s.servers.Space(ctx, target.Host())
	}
	if targetSpace != origin.SpaceLocal && targetSpace != origin.SpaceLoopback {
		return
	}
	note := fmt.Sprintf("the server is in the %s address space; before CORS, Chrome asks the user whether a public page may reach it (--lna denied or granted decides)", targetSpace)
	if !from.PotentiallyTrustworthy() {
		note = fmt.Sprintf("the server is in the %s address space; Chrome lets no public page reach it that is not a secure context: serve the page over https (--lna denied shows it)", targetSpace)
	}
	s.notes = append(s.notes, note)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// space is the address space of a host for the engine.
func (s *checkSession) space(host string) origin.AddressSpace {
	ctx, cancel := context.WithTimeout(context.Background(), s.servers.Timeout)
	defer cancel()
	return s.servers.Space(ctx, host)
}

// CodeCSP is Chromium's network error for what a Content Security Policy forbids.
const codeCSP fetch.Code = "net::ERR_BLOCKED_BY_CSP"

// cspError is a request that the page's own policy forbids.
type cspError struct {
	violation *csp.Violation
	url       string
}

func (e *cspError) Error() string {
	return fmt.Sprintf("the page's Content-Security-Policy forbids it: %s", e.violation.Directive)
}

// guarded lets the page's own policy decide before a request is sent.
func (s *checkSession) guarded(exchange fetch.RoundTrip) fetch.RoundTrip {
	if len(s.csp) == 0 {
		return exchange
	}
	return func(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		if v := s.csp.Check(s.request.Destination, w.URL, s.self, w.Hop > 0); v != nil {
			return nil, &fetch.NetError{Code: codeCSP, Err: &cspError{v, w.URL}}
		}
		return exchange(ctx, w)
	}
}

// explainStops puts right what the engine took for a failure of the network, being
// requests that were not sent, and what it did not: ports that browsers do not reach.
func (s *checkSession) explainStops(v *report.Verdict) {
	e := v.Outcome.Error
	if e == nil {
		return
	}
	var forbidden *cspError
	switch {
	case e.Code == fetch.CodeUnsafePort:
		v.Result = fetch.Failed
	case errors.As(e.Err, &forbidden):
		v.Result = fetch.Blocked
		v.Error.Message = forbidden.violation.Message(s.request.Destination, forbidden.url)
		v.Error.Firefox, v.Error.Safari = "", ""
		v.Unsent()
	case errors.Is(e.Err, probe.ErrDryRun):
		v.Unsent()
		if !v.Preflight.Sent && !v.Preflight.Cached {
			v.Notes = append(v.Notes, "dry run: this request needs no preflight and was not sent, so nothing is known of the answer")
			return
		}
		v.Result, v.Error = fetch.Allowed, nil
		v.Notes = append(v.Notes, "dry run: the preflight allows the request, which was not sent; its response needs CORS headers too")
	}
}
