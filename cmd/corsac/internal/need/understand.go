package need

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// situation is a question that has been parsed and checked.
type situation struct {
	Question

	kind   Kind          // of the use, with the crossorigin attribute considered
	server bool          // no browser makes the request
	file   bool          // the page was opened from a file
	base   *weburl.URL   // URL of the page; nil if it has none
	from   origin.Origin // where the page was loaded from
	page   origin.Origin // origin of the page, opaque in a sandbox
	url    *weburl.URL   // URL of the request
	target origin.Origin // origin of url, with http for ws and https for wss
}

func understand(q Question) (*situation, error) {
	s := &situation{Question: q}
	if err := s.readPage(); err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	if err := s.readTarget(); err != nil {
		return nil, fmt.Errorf("the URL: %w", err)
	}
	if err := s.readUse(); err != nil {
		return nil, err
	}
	return s, s.checkFlags()
}

func (s *situation) readPage() error {
	switch s.Page {
	case "server":
		s.server = true
		return nil
	case "null":
		return nil
	}
	if err := checkScheme(s.Page); err != nil {
		return err
	}
	u, err := weburl.Parse(s.Page, nil)
	if err != nil {
		return fmt.Errorf("%q is not a URL: %w", s.Page, err)
	}
	switch u.Scheme {
	case "about":
		return fmt.Errorf("%q has the origin of the page that opened it; write the URL of that page", s.Page)
	case "ws", "wss", "ftp", "mailto", "javascript":
		return fmt.Errorf("%s: is not the scheme of a page; write the page first, then the URL", u.Scheme)
	}
	s.base, s.file = u, u.Scheme == "file"
	if s.from, err = origin.ParseURL(s.Page); err != nil {
		return err
	}
	if !s.Sandboxed {
		s.page = s.from
	}
	return nil
}

func (s *situation) readTarget() error {
	relative := s.Target != "" && strings.ContainsRune("/.?#", rune(s.Target[0]))
	if relative && s.base == nil {
		return fmt.Errorf("%q is relative, but there is no page that it is relative to; write the whole URL", s.Target)
	}
	if !relative {
		if err := checkScheme(s.Target); err != nil {
			return err
		}
	}
	u, err := weburl.Parse(s.Target, s.base)
	if err != nil {
		return fmt.Errorf("%q is not a URL: %w", s.Target, err)
	}
	s.url = u
	u.Fragment, u.HasFragment = "", false // it is never sent
	plain := *u
	switch u.Scheme {
	case "ws":
		plain.Scheme = "http"
	case "wss":
		plain.Scheme = "https"
	}
	s.target, err = origin.ParseURL(plain.String())
	return err
}

// checkScheme refuses what was meant to be a URL but has no scheme. Otherwise
// the host in localhost:3000 would be read as a scheme.
func checkScheme(raw string) error {
	scheme, _, ok := strings.Cut(raw, ":")
	if ok && !strings.ContainsAny(scheme, "./?#[") && scheme != "localhost" {
		return nil
	}
	guess := "https://" + raw
	if o, err := origin.ParseURL(guess); err == nil && o.AddressSpace() > origin.SpacePublic {
		guess = "http://" + raw
	}
	if _, err := weburl.Parse(guess, nil); err != nil {
		return fmt.Errorf("%q is not a URL", raw)
	}
	return fmt.Errorf("%q has no scheme; write %s", raw, guess)
}

func (s *situation) readUse() error {
	socket := s.url.Scheme == "ws" || s.url.Scheme == "wss"
	switch {
	case s.Use == "" && s.server:
		s.Use = Server
	case s.Use == "" && socket:
		s.Use = WebSocket
	case s.Use == "":
		s.Use = Fetch
	}
	usage, err := usageOf(s.Use)
	if err != nil {
		return err
	}
	s.kind = usage.Kind
	switch {
	case s.kind == Outside:
		s.server = true
	case socket && s.Use != WebSocket:
		return fmt.Errorf("only a WebSocket can use a %s: URL; write --use websocket, or http%s", s.url.Scheme, s.url.String()[2:])
	case s.Use == WebSocket && !socket && s.url.Scheme != "http" && s.url.Scheme != "https":
		return fmt.Errorf("a WebSocket cannot use a %s: URL; write a wss: URL", s.url.Scheme)
	}
	if s.CrossOrigin && !s.server {
		if usage.Kind == Tag {
			s.kind = Always
		} else if usage.Kind != Always {
			return fmt.Errorf("--crossorigin is for tags that can have that attribute, and --use %s is not one; leave it out", s.Use)
		}
	}
	return nil
}

var (
	errServerPage = errors.New("--sandboxed and --dev-proxy are for pages, but no page makes this request; leave them out")
	errNoDevPage  = errors.New("--dev-proxy is for a page from a development server, such as http://localhost:3000")
)

func (s *situation) checkFlags() error {
	switch {
	case s.server && (s.Sandboxed || s.DevProxy):
		return errServerPage
	case s.DevProxy && s.from.IsOpaque():
		return errNoDevPage
	}
	return nil
}

// reads reports whether the browser fetches with CORS.
func (s *situation) reads() bool { return s.kind == Reading || s.kind == Always }

// isHTTP reports whether the request goes to a web server.
func (s *situation) isHTTP() bool {
	switch s.url.Scheme {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}

// proxied reports whether the browser sends the request to the page's own
// server.
func (s *situation) proxied() bool { return s.DevProxy && !s.page.IsOpaque() }

// mixed reports whether an https page requests plain http on another machine
// (https://w3c.github.io/webappsec-mixed-content/).
func (s *situation) mixed() bool {
	if s.proxied() {
		return false
	}
	plain := s.url.Scheme == "http" || s.url.Scheme == "ws"
	return s.from.Scheme() == "https" && plain && !s.target.PotentiallyTrustworthy()
}

// upgraded reports whether browsers load mixed content over https instead of
// blocking it: images and media that are only shown, from a host that is not an
// IP address.
func (s *situation) upgraded() bool {
	_, err := netip.ParseAddr(strings.Trim(s.target.Host(), "[]"))
	return s.kind == Tag && (s.Use == Image || s.Use == Media) && err != nil
}

// isNear reports whether the request certainly goes to the local network.
// Chrome leaves it to Local Network Access instead of blocking it as mixed
// content.
func (s *situation) isNear() bool {
	return s.target.AddressSpace() >= origin.SpaceLocal || strings.HasSuffix(strings.TrimSuffix(s.target.Host(), "."), ".local")
}

// mixedBlocked reports whether Chrome refuses the request as mixed content.
func (s *situation) mixedBlocked() bool {
	goes := s.Use == Link || s.Use == Form // leaving the page is not mixed content
	return s.mixed() && !goes && !s.upgraded() && !s.isNear()
}
