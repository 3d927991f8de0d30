// Package need answers whether a page needs CORS for a request, why, and what to
// do instead.
//
//   - It is pure: nothing is sent, and names are not looked up.
//   - Rules are values, tried in order; the guide's table is made of them.
//   - What it says of a use is what the engine of package fetch does; a test holds
//     the two together.
package need

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// Use is what a page does with a URL.
type Use string

// The uses.
const (
	Fetch       Use = "fetch"
	XHR         Use = "xhr"
	EventSource Use = "eventsource"
	WebSocket   Use = "websocket"
	Image       Use = "img"
	Canvas      Use = "canvas"
	Media       Use = "media"
	Script      Use = "script"
	Module      Use = "module"
	Style       Use = "style"
	Font        Use = "font"
	Frame       Use = "iframe"
	Form        Use = "form"
	Link        Use = "link"
)

// Uses are all of them.
var Uses = []Use{Fetch, XHR, EventSource, WebSocket, Image, Canvas, Media, Script, Module, Style, Font, Frame, Form, Link}

// isActive reports whether what is loaded could take the page over, or tell its
// secrets, so that it must not come over plain http
// (https://w3c.github.io/webappsec-mixed-content/).
func (u Use) isActive() bool {
	return u != Image && u != Media && u != Link && u != Form
}

// Question is what is asked.
type Question struct {
	// Page is the URL of the page; "server" for code that runs in no browser; "null"
	// for a page with an opaque origin.
	Page string
	// Target is the URL of the request. It may be relative.
	Target string
	// Use is what the page does with it; "" is Fetch.
	Use Use
	// Sandboxed says that the page is in a frame with the sandbox attribute, without
	// allow-same-origin. DevProxy says that the development server of the page passes
	// the request on.
	Sandboxed, DevProxy bool
}

// Answer is what is answered.
type Answer struct {
	Need    bool     `json:"need"`
	Rule    string   `json:"rule"`
	Origin  string   `json:"origin"` // what the browser sends as Origin; "" outside of browsers
	Target  string   `json:"target"`
	Use     Use      `json:"use"`
	Reason  string   `json:"reason"`
	Instead []string `json:"instead"`
	Notes   []string `json:"notes"`
}

// situation is a question understood.
type situation struct {
	Question

	server       bool
	file         bool
	page, target origin.Origin
}

// Ask answers q. The error says what is wrong with it.
func Ask(q Question) (*Answer, error) {
	s, err := understand(q)
	if err != nil {
		return nil, err
	}
	for _, r := range Rules {
		if !r.applies(s) {
			continue
		}
		a := &Answer{
			Need: r.Need, Rule: r.Name, Target: s.target.String(), Use: s.Use,
			Reason: s.fill(r.Why), Instead: []string{}, Notes: s.notes(r.Need),
		}
		if !s.server {
			a.Origin = s.page.String()
		}
		for _, text := range r.Instead {
			a.Instead = append(a.Instead, s.fill(text))
		}
		return a, nil
	}
	return nil, fmt.Errorf("no rule for %+v", q) // the last rule takes all
}

func understand(q Question) (*situation, error) {
	if q.Use == "" {
		q.Use = Fetch
	}
	if !slices.Contains(Uses, q.Use) {
		return nil, fmt.Errorf("%q is no use; it is one of %s", q.Use, join(Uses))
	}
	s := &situation{Question: q}
	var err error
	switch {
	case q.Page == "server":
		s.server = true
	case q.Page == "null":
	case strings.HasPrefix(strings.ToLower(q.Page), "file:"):
		s.file = true
	default:
		if s.page, err = origin.ParseURL(q.Page); err != nil {
			return nil, fmt.Errorf("the page: %w", err)
		}
	}
	at := s.page
	if q.Sandboxed {
		s.page = origin.Origin{}
	}
	if s.target, err = targetOf(at, q.Target); err != nil {
		return nil, fmt.Errorf("the URL: %w", err)
	}
	return s, nil
}

// targetOf returns the origin of a URL that may be relative to a page.
func targetOf(page origin.Origin, target string) (origin.Origin, error) {
	if u, err := url.Parse(target); err == nil && u.Scheme == "" && !page.IsOpaque() &&
		(strings.HasPrefix(target, "/") || strings.HasPrefix(target, ".") || strings.HasPrefix(target, "?")) {
		base, err := url.Parse(page.String() + "/")
		if err != nil {
			return origin.Origin{}, err
		}
		return origin.ParseURL(base.ResolveReference(u).String())
	}
	return origin.ParseURL(target)
}

func join(uses []Use) string {
	names := make([]string, len(uses))
	for i, u := range uses {
		names[i] = string(u)
	}
	return strings.Join(names, ", ")
}

// fill puts the particulars into the text of a rule.
func (s *situation) fill(text string) string {
	return strings.NewReplacer(
		"{page}", s.page.String(), "{target}", s.target.String(), "{url}", s.Target,
		"{difference}", s.difference(), "{use}", string(s.Use),
	).Replace(text)
}

// difference says which parts of the two origins differ.
func (s *situation) difference() string {
	var parts []string
	if s.page.Scheme() != s.target.Scheme() {
		parts = append(parts, fmt.Sprintf("the scheme (%s, %s)", s.page.Scheme(), s.target.Scheme()))
	}
	if s.page.Host() != s.target.Host() {
		parts = append(parts, fmt.Sprintf("the host (%s, %s)", s.page.Host(), s.target.Host()))
	}
	if s.page.Port() != s.target.Port() {
		parts = append(parts, fmt.Sprintf("the port (%d, %d)", s.page.Port(), s.target.Port()))
	}
	return strings.Join(parts, " and ")
}

// notes say what else decides, besides CORS.
func (s *situation) notes(needed bool) []string {
	notes := []string{}
	if s.server {
		return notes
	}
	if needed && (s.Use == Fetch || s.Use == XHR || s.Use == EventSource) && !s.page.IsOpaque() {
		if s.page.SameSite(s.target) {
			notes = append(notes, "the two are of one site, so cookies with SameSite=Lax or Strict go along, if the page includes credentials and the server allows them")
		} else {
			notes = append(notes, "the two are of different sites, so only cookies with SameSite=None; Secure can go along, and many browsers block those too")
		}
	}
	near := s.target.AddressSpace()
	if s.page.AddressSpace() == origin.SpaceUnknown && !s.page.IsOpaque() && near > origin.SpacePublic {
		notes = append(notes, fmt.Sprintf("the server is in the %s address space: if the page is public, Chrome asks the user first, and the page must be https", near))
	}
	return notes
}
