package rewrite

import (
	"net/http"
	"slices"
	"strings"
)

const (
	whyAddress  = "the browser reaches this server through corsac"
	whyIdentity = "the server expects requests of its own pages"
	whyDisguise = "the server knows the cookie by this name"
	whyHSTS     = "it would apply to every server on this host"
	whyAltSvc   = "it names ports of the server, not of corsac"
)

// Response translates the header of a response in place.
func (x *Exchange) Response(h http.Header) (changes []Change) {
	for _, field := range []struct {
		name      string
		translate func(string) (string, string)
	}{
		{"Location", because(x.Address, whyAddress)},
		{"Content-Location", because(x.Address, whyAddress)},
		{"Refresh", because(x.Refresh, whyAddress)},
		{"Link", because(x.Link, whyAddress)},
		{"Set-Cookie", func(line string) (string, string) {
			line, why := x.SetCookie(line)
			return line, strings.Join(why, "; ")
		}},
		{"Strict-Transport-Security", because(remove, whyHSTS)},
		{"Alt-Svc", because(remove, whyAltSvc)},
	} {
		changes = change(changes, h, field.name, field.translate)
	}
	return changes
}

// Cookies translates the cookies of a request in place.
func (m Mapping) Cookies(h http.Header) []Change {
	return change(nil, h, "Cookie", because(m.cookies, whyDisguise))
}

// Identity makes a request of the front's own page one of the upstream's own: Origin
// and Referer are those of the upstream. The caller must have refused requests that
// other sites' pages make with their users' cookies.
func (m Mapping) Identity(h http.Header) []Change {
	changes := change(nil, h, "Origin", because(func(string) string { return m.Upstream.origin() }, whyIdentity))
	return change(changes, h, "Referer", because(m.referer, whyIdentity))
}

func remove(string) string { return "" }

// because makes a translation give always the same reason.
func because(translate func(string) string, why string) func(string) (string, string) {
	return func(value string) (string, string) { return translate(value), why }
}

// change translates the lines of a field. A line that becomes empty is removed.
func change(changes []Change, h http.Header, name string, translate func(string) (string, string)) []Change {
	lines := h[name]
	if len(lines) == 0 {
		return changes
	}
	kept := make([]string, 0, len(lines))
	for _, before := range lines {
		after, why := translate(before)
		if after != before {
			changes = append(changes, Change{Header: name, Before: before, After: after, Why: why})
		}
		if after != "" || before == "" {
			kept = append(kept, after)
		}
	}
	switch {
	case len(kept) == 0:
		delete(h, name)
	case !slices.Equal(kept, lines):
		h[name] = kept // the lines may belong to a recording
	}
	return changes
}
