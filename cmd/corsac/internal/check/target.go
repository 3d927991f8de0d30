package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// openPage sets the page, by loading it or from its origin alone.
func (s *Session) openPage(ctx context.Context) error {
	cfg := s.Case.Page
	if s.Case.PageURL != "" {
		loaded, err := s.checker.pages.load(ctx, s.network, s.Case.PageURL, &s.Case.Servers)
		if err != nil {
			return &Error{
				Kind: Unable, Err: fmt.Errorf("cannot load the page %s: %w", s.Case.PageURL, err),
				Hint: "to check without loading it, write its origin with --origin instead",
			}
		}
		cfg, s.csp, s.self = loaded.config, loaded.csp, loaded.self
		s.Case.Notes = append(s.Case.Notes, loaded.notes...)
		if s.Case.Page.Origin != "" {
			cfg.Origin = s.Case.Page.Origin
		}
	}
	s.resolveTarget(&cfg)
	s.askLocalNetwork(ctx, &cfg)
	page, err := fetch.NewPage(cfg)
	if err != nil {
		return mistake(err)
	}
	s.page = page
	return nil
}

func (s *Session) note(format string, args ...any) {
	s.Case.Notes = append(s.Case.Notes, fmt.Sprintf(format, args...))
}

// resolveTarget makes the URL of the request absolute, and changes it to https
// if the page asks for that. As in Chromium, hosts that are secure contexts in
// any scheme are not changed.
func (s *Session) resolveTarget(page *fetch.PageConfig) {
	request := s.Case.Request
	request.URL = resolved(request.URL, cmp.Or(page.URL, page.Origin))
	target, err := weburl.Parse(request.URL, nil)
	if err != nil || !s.csp.Upgrades() || target.Scheme != "http" {
		return // the engine reports what is wrong
	}
	if o, err := origin.ParseURL(request.URL); err != nil || o.PotentiallyTrustworthy() {
		return
	}
	target.Scheme = "https" // which has the default port, too, if there is none
	request.URL = target.String()
	s.note("the page's Content-Security-Policy has upgrade-insecure-requests, so the browser uses https")
}

// resolved returns a URL that is relative to page as an absolute one. Any other
// it returns as it is.
func resolved(rawURL, page string) string {
	base, err := weburl.Parse(page, nil)
	if err != nil {
		return rawURL
	}
	if _, err := weburl.Parse(rawURL, nil); !errors.Is(err, weburl.ErrNoScheme) {
		return rawURL
	}
	target, err := weburl.Parse(rawURL, base)
	if err != nil {
		return rawURL
	}
	return target.String()
}

// askLocalNetwork applies Local Network Access to the page and the server. By
// default the verdict is about CORS only, with a note on what Chrome asks
// first.
func (s *Session) askLocalNetwork(ctx context.Context, cfg *fetch.PageConfig) {
	page, err := fetch.NewPage(*cfg)
	if err != nil {
		return // openPage reports it
	}
	from, err := origin.ParseURL(cmp.Or(cfg.URL, cfg.Origin))
	if err == nil && fetch.IsExtension(from) {
		cfg.AddressSpace = origin.SpaceUnknown
		return
	}
	space := cfg.AddressSpace
	if space == origin.SpaceUnknown && err == nil {
		space = from.AddressSpace()
	}
	if space == origin.SpaceUnknown {
		space = origin.SpacePublic // a name that is not resolved
	}
	if answer := cmp.Or(s.checker.LocalNetwork, LocalNetworkAsk); answer != LocalNetworkAsk {
		cfg.AddressSpace = space
		cfg.GrantLocal, cfg.GrantLoopback = answer == LocalNetworkGranted, answer == LocalNetworkGranted
		return
	}
	cfg.AddressSpace = origin.SpaceUnknown // no check
	target, err := origin.ParseURL(s.Case.Request.URL)
	if err != nil || space != origin.SpacePublic {
		return
	}
	targetSpace := target.AddressSpace()
	if targetSpace == origin.SpaceUnknown && from.String() != target.String() {
		targetSpace = s.network.Space(ctx, target.Host())
	}
	switch {
	case targetSpace != origin.SpaceLocal && targetSpace != origin.SpaceLoopback:
	case page.IsSecureContext():
		s.note("the server is in the %s address space; before CORS, Chrome asks the user whether a public page may reach it (answer with --lna denied or --lna granted)", targetSpace)
	default:
		s.note("the server is in the %s address space; Chrome lets a public page reach it only from a secure context: serve the page over https (--lna denied shows this)", targetSpace)
	}
}

// space returns the address space of a host, for the engine.
func (s *Session) space(host string) origin.AddressSpace {
	ctx, cancel := context.WithTimeout(context.Background(), s.network.Timeout)
	defer cancel()
	return s.network.Space(ctx, host)
}
