package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

const addIt = "Add {sent} to the origins that the server allows, and respond with the origin of the request, with Vary: Origin."

// otherOrigins adds origins other than the page's.
func (r *registry) otherOrigins() {
	r.mismatch(&Cause{
		Slug:  "acao-wrong-scheme",
		Title: "The server allows {value}: http and https are two origins",
		When:  "Access-Control-Allow-Origin is the page's origin, except that it has http instead of https or the reverse.",
		Why:   exactly + "Behind a proxy that terminates TLS, an application that builds the value from its own request writes http.",
		Fix:   addIt,
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Host() == s.page.Host() && a.Scheme() != s.page.Scheme() && samePort(a, s.page)
		},
	}, "http://app.example.com")
	r.mismatch(&Cause{
		Slug:    "acao-wrong-port",
		Title:   "The server allows {value}, but the page has a different port",
		When:    "Access-Control-Allow-Origin differs from the page's origin in the port.",
		Why:     exactly + "A different port is a different origin; development servers take the next port if theirs is in use.",
		Fix:     addIt,
		Example: Scenario{Page: local, Request: get()},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Host() == s.page.Host() && a.Scheme() == s.page.Scheme() && a.Port() != s.page.Port()
		},
	}, "http://localhost:3000")
	r.mismatch(&Cause{
		Slug:    "acao-www-mismatch",
		Title:   "The server allows {value}: with and without www. are two origins",
		When:    "Access-Control-Allow-Origin is the page's origin with or without www.",
		Why:     exactly + "The host with www. and the one without are two origins.",
		Fix:     addIt + " Or redirect the page's users to one of the two hosts.",
		Example: Scenario{Page: "https://www.example.com", Request: get()},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a.Scheme() == s.page.Scheme() && a.Port() == s.page.Port() && isWWW(a.Host(), s.page.Host())
		},
	}, "https://example.com")
	r.mismatch(&Cause{
		Slug:    "acao-localhost-vs-ip",
		Title:   "The server allows {value}: localhost and its address are two origins",
		When:    "Access-Control-Allow-Origin and the page's origin are localhost and an address of the machine itself.",
		Why:     exactly + "localhost and 127.0.0.1 are the same machine, but two origins.",
		Fix:     "Open the page at {value}, or add {sent} to the origins that the server allows.",
		Example: Scenario{Page: "http://127.0.0.1:5173", Request: fetch.Request{URL: "http://127.0.0.1:8000/items"}},
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			here := a.AddressSpace() == origin.SpaceLoopback && s.page.AddressSpace() == origin.SpaceLoopback
			return ok && here && a.Host() != s.page.Host() && a.Port() == s.page.Port()
		},
	}, "http://localhost:5173")
	r.mismatch(&Cause{
		Slug:  "acao-is-server-own-origin",
		Title: "The server allows its own origin, {value}, instead of the page's",
		When:  "Access-Control-Allow-Origin is the origin of the request's URL.",
		Why:   "The header names the origin of the page that may read the response, not that of the server that sends it.",
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && a == s.server && a.Host() != s.page.Host()
		},
	}, "https://api.example.com")
	r.mismatch(&Cause{
		Slug:  "acao-other-origin",
		Title: "The server allows a different origin, {value}, not the page's",
		When:  "Access-Control-Allow-Origin is an origin that is not like the page's.",
		Why:   exactly + "Either the server always names one fixed origin, or its policy lacks the page's origin and it names another.",
		Fix:   addIt,
		applies: func(s *scene) bool {
			a, ok := s.allowedOrigin()
			return ok && !s.isLikePage(a)
		},
	}, "https://admin.example.com")
}

// allowedOrigin is the one that the answer allows, respelt if that helps.
func (s *scene) allowedOrigin() (a origin.Origin, ok bool) {
	value := s.answer(allowOrigin)
	if !s.isOneValue() || !strings.Contains(value, "://") || strings.Contains(value, "*") || s.isExpression() {
		return a, false
	}
	_, right := respell(value)
	a, err := origin.Parse(right)
	return a, err == nil && !a.IsOpaque() && a != s.page
}

// isLikePage reports whether an origin is so much like the page's, or the
// server's, that it has a cause of its own.
func (s *scene) isLikePage(a origin.Origin) bool {
	here := a.AddressSpace() == origin.SpaceLoopback && s.page.AddressSpace() == origin.SpaceLoopback
	switch {
	case a.Host() == s.page.Host():
		return a.Scheme() == s.page.Scheme() || samePort(a, s.page)
	case a == s.server, here && a.Port() == s.page.Port():
		return true
	}
	return a.Scheme() == s.page.Scheme() && a.Port() == s.page.Port() && isWWW(a.Host(), s.page.Host())
}

// samePort reports whether two origins have the same port, or each the default of
// its scheme.
func samePort(a, b origin.Origin) bool {
	return a.Port() == b.Port() || strings.HasSuffix(a.String(), a.Host()) && strings.HasSuffix(b.String(), b.Host())
}
